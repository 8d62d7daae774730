import { Problem } from '../../../shared/problems.ts'
import { toLogText } from '../../lib/log.ts'
import { findText } from '../json-walk.ts'
import type { Answer } from './exchange.ts'

function codeOf(status: number) {
  if (status === 401) return 'bridge.unauthorized'
  if (status === 403) return 'bridge.forbidden'
  if (status === 407) return 'bridge.proxy'
  if (status === 413) return 'bridge.request-too-large'
  if (status === 429) return 'bridge.rate-limited'
  if (status >= 500) return 'bridge.server-error'
  return status >= 400 ? 'bridge.refused' : 'bridge.bad-answer'
}

/** The server’s own words, where it used JSON-RPC’s place for them; an HTML page says nothing to anyone. */
function ownWords(body: Buffer): string {
  try {
    const words = JSON.parse(findText(body, ['error', 'message']) ?? 'null')
    return typeof words === 'string' ? ` ${toLogText(words.slice(0, 300))}` : ''
  } catch {
    return ''
  }
}

/** An HTTP answer that answers nothing, as a problem naming status and host. */
export function toStatusProblem({ status, host, type, header }: Answer, body: Buffer): Problem {
  const again = header('retry-after')
  const when = again && /^\d{1,7}$/.test(again) ? `, try again in ${again} s` : ''
  const what = status >= 400 ? '' : `, ${body.length === 0 ? 'nothing in it' : type.slice(0, 60) || 'no content type'}`
  return new Problem(codeOf(status), `${host} (HTTP ${status}${what}${when})${ownWords(body)}`)
}
