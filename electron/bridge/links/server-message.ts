import { findText, type Span } from '../json-walk.ts'
import type { IdText, ScannedMessage } from '../message.ts'
import { scan } from '../scan.ts'
import { isJsonText } from './json-check.ts'

/** One message of a server. `line` is its own bytes, made one line. */
export type ServerMessage =
  | {
      kind: 'response'
      line: Buffer
      id: IdText | null
      idSpan: Span | null
      isError: boolean
      scanned: ScannedMessage
    }
  | { kind: 'request'; line: Buffer; id: IdText; method: string }
  | { kind: 'notification'; line: Buffer; method: string }
  | { kind: 'bad'; id: IdText | null; why: string }

/** JSON allows a newline between tokens only (a string has it escaped), so a space says the same. */
function toOneLine(text: Buffer): Buffer {
  if (!text.includes(0x0a) && !text.includes(0x0d)) return text
  const line = Buffer.from(text)
  for (let at = 0; at < line.length; at += 1) if (line[at] === 0x0a || line[at] === 0x0d) line[at] = 0x20
  return line
}

function readOne(text: Buffer): ServerMessage[] {
  const scanned = scan(text)
  if (!scanned.ok) {
    if (scanned.batch) return scanned.batch.flatMap(readOne)
    return [{ kind: 'bad', id: scanned.id ?? findId(text), why: scanned.error.message }]
  }
  const { kind, id, idSpan, method, failed } = scanned.message
  const line = toOneLine(scanned.message.line)
  if (kind === 'response' && id === null && !failed) return [{ kind: 'bad', id, why: 'This answer has no id' }]
  if (kind === 'response') {
    const known = line === scanned.message.line ? scanned.message : { ...scanned.message, line }
    return [{ kind, line, id, idSpan, isError: failed, scanned: known }]
  }
  return id === null
    ? [{ kind: 'notification', line, method: method ?? '' }]
    : [{ kind: 'request', line, id, method: method ?? '' }]
}

/** Reads what a server sent as one text: a message, or an array of them (2025-03-26), which is split. */
export function readServerMessages(text: Buffer): ServerMessage[] {
  // The hub's scan walks large texts without judging them. What comes from a server is judged whole before it goes on.
  if (text.length > 1024 * 1024 && !isJsonText(withoutMark(text)))
    return [{ kind: 'bad', id: findId(text), why: 'This line is not JSON' }]
  return readOne(text)
}

const withoutMark = (text: Buffer) => (text[0] === 0xef && text[1] === 0xbb ? text.subarray(3) : text)
const isId = (text: string | null) => text !== null && /^(?:"|-?\d)/.test(text)
const findId = (text: Buffer): IdText | null => {
  const id = findText(text, ['id'])
  return isId(id) ? id : null
}

/**
 * What two spellings of one id have in common: servers that know only doubles answer `1` with `1.0`. `1` and `"1"`
 * stay two ids, and integers beyond 2^53 are compared by their digits.
 */
export function idKey(text: IdText): string {
  if (text.startsWith('"')) return text
  const number = Number(text)
  return Number.isSafeInteger(number) ? String(number) : text
}

/** The same message under the id the client knows; every other byte stays. */
export function withId(line: Buffer, id: IdText, span: { start: number; end: number } | null): Buffer {
  if (span) return Buffer.concat([line.subarray(0, span.start), Buffer.from(id), line.subarray(span.end)])
  const brace = line.indexOf(0x7b) + 1
  return Buffer.concat([line.subarray(0, brace), Buffer.from(`"id":${id},`), line.subarray(brace)])
}

/** A server of 2026-07-28 refuses older clients in codes of its own (-32020 to -32022). */
export const isModernError = (answer: Buffer) => /^-3202[0-2]$/.test(findText(answer, ['error', 'code']) ?? '')
