import { isUtf8 } from 'node:buffer'
import { eachMember, elements, type Span, skipSpace } from './json-walk.ts'
import type { IdText, RpcError, ScannedMessage } from './message.ts'
import { rpcCodes } from './rpc.ts'

export type Scanned =
  | { ok: true; message: ScannedMessage }
  | { ok: false; batch: Buffer[] | null; id: IdText | null; error: RpcError }

/** The longest id that is carried: the bridge keeps the ids of open requests in memory of a fixed size. */
const longestId = 256
// Beyond this only the structure is walked: the server, which must parse it anyway, is the judge of the rest.
const parseLimit = 1024 * 1024
/** A string that stands for itself. Anything else is for JSON.parse to read. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what a JSON string may not hold
const plain = /^"[^"\\\u0000-\u001f]*"$/
const byteOrderMark = Buffer.from([0xef, 0xbb, 0xbf])

// Where in `params` the thing a call is about is named, per method.
const targets: Record<string, string[][]> = {
  'tools/call': [['name']],
  'prompts/get': [['name']],
  'resources/read': [['uri']],
  'completion/complete': [
    ['ref', 'name'],
    ['ref', 'uri'],
  ],
}

/** Reads one line just far enough to route it. The bytes stay as they are; what is ambiguous is refused. */
export function scan(original: Buffer): Scanned {
  const line = original.subarray(0, 3).equals(byteOrderMark) ? original.subarray(3) : original
  const start = skipSpace(line, 0)
  if (!isUtf8(line) || !isJson(line)) return refuse(rpcCodes.notJson, 'This line is not JSON')
  if (line[start] === 0x5b) return toBatch(line, start)
  const members = new Map<string, Span>()
  const twice = new Set<string>()
  const end = eachMember(line, start, (key, value) => {
    if (members.has(key)) twice.add(key)
    members.set(key, value)
  })
  if (end < 0 || skipSpace(line, end) !== line.length) {
    return line[start] === 0x7b
      ? refuse(rpcCodes.notJson, 'This line is not JSON')
      : refuse(rpcCodes.notRpc, 'This line is not a JSON-RPC message')
  }
  return toMessage(line, members, twice)
}

function toMessage(line: Buffer, members: Map<string, Span>, twice: Set<string>): Scanned {
  const text = (key: string) => {
    const span = members.get(key)
    return span && span.end - span.start <= 1024 ? line.toString('utf8', span.start, span.end) : null
  }
  const idSpan = members.get('id') ?? null
  const id = twice.has('id') ? null : toIdText(text('id'))
  const method = toStringValue(text('method'))
  const notRpc = (why: string) => refuse(rpcCodes.notRpc, why, id)
  for (const key of ['id', 'method', 'params', 'result', 'error']) {
    if (twice.has(key)) return notRpc(`This message has the member “${key}” twice`)
  }
  if (toStringValue(text('jsonrpc')) !== '2.0') return notRpc('This message lacks "jsonrpc": "2.0"')
  if (idSpan && id === null && (members.has('method') || text('id') !== 'null')) {
    return notRpc(`An id is a string or a number of at most ${longestId} bytes`)
  }
  const shared = { line, id, idSpan, failed: members.has('error') }
  if (members.has('method')) {
    if (method === null) return notRpc('The method of this message is not a string')
    const found = findTarget(line, method, members.get('params') ?? null)
    if (found === undefined) return notRpc('This message names what it calls twice')
    const kind = id === null ? 'notification' : 'request'
    return { ok: true, message: { ...shared, kind, method, target: found } }
  }
  if (members.has('result') === members.has('error')) return notRpc('This is neither a request nor an answer')
  return { ok: true, message: { ...shared, kind: 'response', method: null, target: null } }
}

/** Undefined where two members claim to be the name: a server and a policy could believe different ones. */
function findTarget(line: Buffer, method: string, params: Span | null): string | null | undefined {
  for (const path of targets[method] ?? []) {
    const span = memberAt(line, params, path)
    if (span === undefined) return undefined
    const value = span && toStringValue(line.toString('utf8', span.start, span.end))
    if (value !== null) return value
  }
  return null
}

/** The value at the end of a path; undefined where a member on the way stands twice. */
function memberAt(line: Buffer, from: Span | null, path: string[]): Span | null | undefined {
  let at = from
  for (const wanted of path) {
    if (at === null) return null
    const found: Span[] = []
    eachMember(line, at.start, (key, value) => void (key === wanted && found.push(value)))
    if (found.length > 1) return undefined
    at = found[0] ?? null
  }
  return at
}

function toBatch(line: Buffer, start: number): Scanned {
  const spans = elements(line, start)
  const batch = spans?.map(({ start: from, end }) => line.subarray(from, end)) ?? null
  const message = 'Batches are not part of this protocol version: send one message per line'
  return { ok: false, batch: batch?.length ? batch : null, id: null, error: { code: rpcCodes.notRpc, message } }
}

function isJson(line: Buffer) {
  if (line.length > parseLimit) return true
  try {
    JSON.parse(line.toString())
    return true
  } catch {
    return false
  }
}

/**
 * The text ids are compared by: one spelling for each id. Python servers answer `"é"` as `"\u00e9"`, servers that know
 * only doubles answer `1` as `1.0`. Integers beyond 2^53 are their digits; `1` and `"1"` are two ids.
 */
export function toIdText(text: string | null): IdText | null {
  if (text === null || Buffer.byteLength(text) > longestId) return null
  if (/^-?\d/.test(text)) return Number.isSafeInteger(Number(text)) ? String(Number(text)) : text
  const value = toStringValue(text)
  return value === null ? null : text.includes('\\') ? JSON.stringify(value) : text
}

function toStringValue(text: string | null): string | null {
  if (!text?.startsWith('"')) return null
  if (plain.test(text)) return text.slice(1, -1)
  try {
    return JSON.parse(text) as string
  } catch {
    return null
  }
}

const refuse = (code: number, message: string, id: IdText | null = null): Scanned => ({
  ok: false,
  batch: null,
  id,
  error: { code, message },
})
