import { notSpoken } from './http-error.ts'

/** Names in lower case; a name that came more than once has all its values. Without a prototype: a name is any token. */
export type AnswerHeaders = Readonly<Record<string, string | string[] | undefined>>
/** Several answers may share one: nobody changes it. */
export type AnswerHead = { readonly status: number; readonly isHttp10: boolean; readonly headers: AnswerHeaders }
type Growing = Record<string, string | string[] | undefined>

const statusLine = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: |$)/
const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/

/** Reads the head of an answer (RFC 9112 §4, §5) from its text in Latin-1, without the empty line behind it. */
export function readHead(text: string): AnswerHead {
  const first = lineEnd(text, 0)
  const status = statusLine.exec(trimLine(text, 0, first))
  if (!status) throw notSpoken('the first line is no status line')
  const headers: Growing = Object.create(null)
  let last = ''
  for (let at = first + 1, end = at; at < text.length; at = end + 1) {
    end = lineEnd(text, at)
    const code = text.charCodeAt(at)
    if (code === 0x20 || code === 0x09) fold(headers, last, trimLine(text, at, end))
    else last = addLine(headers, text, at, end)
  }
  return { status: Number(status[2]), isHttp10: status[1] === '0', headers }
}

function lineEnd(text: string, from: number): number {
  const end = text.indexOf('\n', from)
  return end < 0 ? text.length : end
}
const trimLine = (text: string, from: number, end: number) => text.slice(from, end).trim()

function addLine(headers: Growing, text: string, from: number, end: number): string {
  const colon = text.indexOf(':', from)
  const name = colon < end ? text.slice(from, colon) : ''
  if (!token.test(name)) throw notSpoken('a header has no name')
  const value = trimLine(text, colon + 1, end)
  if (value.includes('\r') || value.includes('\0')) throw notSpoken('a header holds what no header may')
  const key = name.toLowerCase()
  const known = headers[key]
  if (known === undefined) headers[key] = value
  // In place: a head may be the same line twenty thousand times.
  else if (Array.isArray(known)) known.push(value)
  else headers[key] = [known, value]
  return key
}

/** A line that begins with a blank goes on with the one before it, as old servers fold them (RFC 9112 §5.2). */
function fold(headers: Growing, name: string, line: string) {
  const known = headers[name]
  if (known === undefined) throw notSpoken('the first header begins with a blank')
  if (line.includes('\r') || line.includes('\0')) throw notSpoken('a header holds what no header may')
  if (Array.isArray(known)) known.push(`${known.pop()} ${line}`)
  else headers[name] = `${known} ${line}`
}

const none: string[] = []

/** All values of a header that is a list, without their blanks and in lower case. */
export function listOf(headers: AnswerHeaders, name: string): string[] {
  const value = headers[name]
  if (value === undefined) return none
  if (typeof value === 'string' && !value.includes(',')) return value === '' ? none : [value.toLowerCase()]
  const items = [value].flat().join(',').split(',')
  return items.map((item) => item.trim().toLowerCase()).filter((item) => item !== '')
}
