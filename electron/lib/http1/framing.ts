import { type AnswerHead, listOf } from './answer-head.ts'
import { notSpoken } from './http-error.ts'

/** How long the body is: `until-close` ends with its connection. */
export type Framing = { kind: 'none' | 'chunked' | 'until-close' } | { kind: 'length'; bytes: number }

/**
 * Where the body of an answer ends (RFC 9112 §6.3). Whatever two readers could take for two lengths is refused: the
 * rest of one answer must never be read as the next.
 */
export function framingOf({ status, isHttp10, headers }: AnswerHead): Framing {
  if (status === 204 || status === 304) return { kind: 'none' }
  const hasLength = headers['content-length'] !== undefined
  if (headers['transfer-encoding'] !== undefined) {
    const codings = listOf(headers, 'transfer-encoding')
    if (isHttp10 || hasLength || codings.length !== 1 || codings[0] !== 'chunked') {
      throw notSpoken('it says in two ways where its answer ends')
    }
    return { kind: 'chunked' }
  }
  if (!hasLength) return { kind: 'until-close' }
  const [length = '', ...others] = listOf(headers, 'content-length')
  const bytes = Number(length)
  if (others.some((other) => other !== length) || !/^\d+$/.test(length) || !Number.isSafeInteger(bytes)) {
    throw notSpoken('its content-length is no length')
  }
  return bytes === 0 ? { kind: 'none' } : { kind: 'length', bytes }
}

export const usualIdleMs = 30_000
const mostIdleMs = 600_000
/** The server closes its end at about the time it says, and a request must not meet that. */
const marginMs = 1_000

/** How long the connection may wait for its next request (RFC 9112 §9.3); 0 where it takes none. */
export function idleMsOf({ isHttp10, headers }: AnswerHead): number {
  const options = listOf(headers, 'connection')
  if (options.includes('close') || (isHttp10 && !options.includes('keep-alive'))) return 0
  const hint = listOf(headers, 'keep-alive')
    .map((item) => /^timeout=(\d{1,6})$/.exec(item)?.[1])
    .find((seconds) => seconds !== undefined)
  return hint === undefined ? usualIdleMs : Math.max(0, Math.min(Number(hint) * 1000 - marginMs, mostIdleMs))
}
