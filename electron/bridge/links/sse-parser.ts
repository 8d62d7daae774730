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

/** The field of a line and where its value starts. */
function readField(line: Buffer): { field: Field; from: number } {
  const colonAt = line.indexOf(0x3a)
  if (colonAt === 0) return { field: 'comment', from: line.length }
  const name = line.toString('latin1', 0, Math.min(8, colonAt < 0 ? line.length : colonAt))
  const from = colonAt < 0 ? line.length : line[colonAt + 1] === 0x20 ? colonAt + 2 : colonAt + 1
  return { field: fields[name] ?? 'other', from }
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
    if (held.bytes() === 0) isComment = part[0] === 0x3a
    held.add(part)
    if (held.bytes() <= (isComment ? longestSmallField : maxBytes)) return
    const line = withoutMark(held.take())
    const { field, from } = readField(line)
    longField = field
    if (field !== 'data') return
    spill ??= createSpill(data.take())
    spill.feed(line.subarray(from))
  }

  const withoutMark = (line: Buffer) =>
    isFirstLine && line[0] === 0xef && line[1] === 0xbb && line[2] === 0xbf ? line.subarray(3) : line

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

  function takeLine(line: Buffer): SseEvent | null {
    if (line.length === 0) return dispatch()
    const { field, from } = readField(line)
    const value = line.subarray(from)
    if (field === 'data') addData(value)
    else if (value.length > longestSmallField) return null
    else if (field === 'event') type = value.toString()
    else if (field === 'id' && !value.includes(0)) id = value.toString()
    else if (field === 'retry' && /^\d+$/.test(value.toString('latin1')))
      retryMs = Math.min(Number(value.toString('latin1')), longestRetryMs)
    return null
  }

  function endLine(part: Buffer): SseEvent | null {
    if (longField) {
      hold(part)
      // Lines of one event are told apart by white space, also where nothing is kept of them.
      if (longField === 'data') spill?.feed(space)
      longField = null
      isFirstLine = false
      return null
    }
    let line = part
    if (held.bytes() > 0) {
      held.add(part)
      line = held.take()
    }
    line = withoutMark(line)
    isFirstLine = false
    return takeLine(line)
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
      const event = endLine(chunk.subarray(at, end))
      if (event) events.push(event)
      at = end + 1
      if (isCr) {
        if (at === chunk.length) skipLf = true
        else if (chunk[at] === lf) at += 1
        nextCr = chunk.indexOf(cr, at)
      }
      if (nextLf >= 0 && nextLf < at) nextLf = chunk.indexOf(lf, at)
    }
    hold(chunk.subarray(at))
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
