import { createEnvelopeReader } from '../end/envelope.ts'
import type { IdText } from '../message.ts'
import { createPieces } from '../pieces.ts'

export type SseEvent =
  | { kind: 'event'; type: string; data: Buffer; id: string | null }
  /** Its data passed the limit and was let go; `answers` is the id of the request it answered, where it had one. */
  | { kind: 'too-large'; answers: IdText | null }

type Field = 'data' | 'event' | 'id' | 'retry' | 'comment' | 'other'

const lf = 0x0a
const cr = 0x0d
const space = Buffer.from(' ')
const newline = Buffer.from('\n')
const longestSmallField = 4096
// Whoever asks to be left alone for a month has made a mistake, or means harm.
const longestRetryMs = 600_000

const fields: Record<string, Field> = { data: 'data', event: 'event', id: 'id', retry: 'retry' }

const colon = 0x3a
const longestName = 5

/** The field of the line that begins at `start`, and where its value does. */
function readField(bytes: Buffer, start: number, end: number): { field: Field; from: number } {
  const until = Math.min(end, start + longestName + 1)
  let at = start
  while (at < until && bytes[at] !== colon) at += 1
  if (at < end && bytes[at] !== colon) return { field: 'other', from: end }
  if (at === start) return { field: 'comment', from: end }
  const from = at === end ? end : bytes[at + 1] === 0x20 ? at + 2 : at + 1
  return { field: fields[bytes.toString('latin1', start, at)] ?? 'other', from: Math.min(from, end) }
}

/** Data too large to keep: it passes by, and only what it was about is remembered. */
function createSpill(before: Buffer) {
  const envelope = createEnvelopeReader()
  const feed = (part: Buffer) => envelope.feed(part, 0, part.length)
  feed(before)
  return {
    feed,
    finish: (): SseEvent => {
      const { id, method } = envelope.finish()
      return { kind: 'too-large', answers: method === null ? id : null }
    },
  }
}

/**
 * Parses an event stream (WHATWG HTML, “Server-sent events”) from bytes as they come, and hands on `data` as the bytes
 * it was sent as. No line or event takes more memory than `maxBytes`, a comment takes none.
 */
export function createSseParser({ maxBytes }: { maxBytes: number }) {
  // The line that has begun. Once it is too long its field is known and its bytes are no longer held.
  const held = createPieces()
  let isComment = false
  let longField: Field | null = null
  let isFirstLine = true
  let skipLf = false
  // The event that has begun.
  let type = ''
  const data = createPieces()
  let hasData = false
  let spill: ReturnType<typeof createSpill> | null = null
  let id: string | null = null
  // The stream.
  let lastEventId: string | null = null
  let retryMs: number | null = null

  function addData(value: Buffer) {
    if (spill) return spill.feed(value)
    if (hasData) data.add(newline)
    hasData = true
    data.add(value)
    if (data.bytes() > maxBytes) spill = createSpill(data.take())
  }

  function hold(part: Buffer) {
    if (part.length === 0) return
    if (longField) {
      if (longField === 'data') spill?.feed(part)
      return
    }
    if (held.bytes() === 0) isComment = part[0] === colon
    held.add(part)
    if (held.bytes() <= (isComment ? longestSmallField : maxBytes)) return
    const line = held.take()
    const { field, from } = readField(line, afterMark(line, 0), line.length)
    longField = field
    if (field !== 'data') return
    spill ??= createSpill(data.take())
    spill.feed(line.subarray(from))
  }

  const afterMark = (bytes: Buffer, at: number) =>
    isFirstLine && bytes[at] === 0xef && bytes[at + 1] === 0xbb && bytes[at + 2] === 0xbf ? at + 3 : at

  function dispatch(): SseEvent | null {
    lastEventId = id ?? lastEventId
    const event: SseEvent | null =
      spill?.finish() ?? (hasData ? { kind: 'event', type: type || 'message', data: data.take(), id } : null)
    type = ''
    hasData = false
    spill = null
    id = null
    return event
  }

  function takeLine(bytes: Buffer, start: number, end: number): SseEvent | null {
    if (start === end) return dispatch()
    const { field, from } = readField(bytes, start, end)
    if (field === 'data') addData(bytes.subarray(from, end))
    else if (end - from > longestSmallField) return null
    else if (field === 'event') type = bytes.toString('utf8', from, end)
    else if (field === 'id') takeId(bytes.toString('utf8', from, end))
    else if (field === 'retry') takeRetry(bytes.toString('latin1', from, end))
    return null
  }
  function takeId(text: string) {
    if (!text.includes('\0')) id = text
  }
  function takeRetry(text: string) {
    if (/^\d+$/.test(text)) retryMs = Math.min(Number(text), longestRetryMs)
  }

  function endLine(chunk: Buffer, from: number, to: number): SseEvent | null {
    if (longField) {
      hold(chunk.subarray(from, to))
      // Lines of one event are told apart by white space, also where nothing is kept of them.
      if (longField === 'data') spill?.feed(space)
      longField = null
      isFirstLine = false
      return null
    }
    let line = chunk
    let start = from
    let end = to
    if (held.bytes() > 0) {
      held.add(chunk.subarray(from, to))
      line = held.take()
      start = 0
      end = line.length
    }
    start = afterMark(line, start)
    isFirstLine = false
    return takeLine(line, Math.min(start, end), end)
  }

  /** The events that these bytes complete. */
  function push(chunk: Buffer): SseEvent[] {
    const events: SseEvent[] = []
    if (chunk.length === 0) return events
    let at = skipLf && chunk[0] === lf ? 1 : 0
    skipLf = false
    let nextLf = chunk.indexOf(lf, at)
    let nextCr = chunk.indexOf(cr, at)
    while (nextLf >= 0 || nextCr >= 0) {
      const isCr = nextLf < 0 || (nextCr >= 0 && nextCr < nextLf)
      const end = isCr ? nextCr : nextLf
      const event = endLine(chunk, at, end)
      if (event) events.push(event)
      at = end + 1
      if (isCr) {
        if (at === chunk.length) skipLf = true
        else if (chunk[at] === lf) at += 1
        nextCr = chunk.indexOf(cr, at)
      }
      if (nextLf >= 0 && nextLf < at) nextLf = chunk.indexOf(lf, at)
    }
    if (at < chunk.length) hold(chunk.subarray(at))
    return events
  }

  return {
    push,
    /** The id to resume from: that of the last event that was complete, with or without data. */
    lastEventId: () => lastEventId,
    /** What the server asked to wait before connecting again. */
    retryMs: () => retryMs,
  }
}
