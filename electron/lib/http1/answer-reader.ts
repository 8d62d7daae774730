import { type AnswerHead, readHead } from './answer-head.ts'
import { createChunkReader } from './chunks.ts'
import { type Framing, framingOf, idleMsOf } from './framing.ts'
import { cutOff, HttpError, notSpoken } from './http-error.ts'

type Needs = {
  /** Once for each answer, with how long the connection may wait for its next one; interim ones (1xx) are read over. */
  onHead: (head: AnswerHead, idleMs: number) => void
  onData: (piece: Buffer) => void
}
/** Of the body: takes what belongs to it in `piece` from `at` on, returns where that ends. */
type BodyReader = { push: (piece: Buffer, at: number) => number; isDone: () => boolean }
/** A head, and what it says. */
type Read = { text: string; head: AnswerHead; framing: Framing; idleMs: number }

const lf = 0x0a
const cr = 0x0d
const mostHeadBytes = 64 * 1024
const mostInterim = 16
const mostEmptyBytes = 64
const beginning = 'HTTP/1.'

const noBody: BodyReader = { push: (_, at) => at, isDone: () => true }

/**
 * Reads the answers of one connection, one after the other, from bytes as they come (RFC 9112). It believes nothing
 * that is ambiguous: what is not plainly HTTP/1.1 is an `HttpError`, and the connection is not used again.
 */
export function createAnswerReader({ onHead, onData }: Needs) {
  /** The beginning of a head whose end has not come. */
  let held: Buffer = Buffer.alloc(0)
  let heldBytes = 0
  let interim = 0
  let emptyBytes = 0
  let body: BodyReader | null = null
  let endsWithConnection = false
  /** The heads of one server differ by the second, if at all: what was read of the last is most often true of the next. */
  let last: Read | null = null

  function untilClose(): BodyReader {
    endsWithConnection = true
    return {
      push(piece, at) {
        if (at < piece.length) onData(piece.subarray(at))
        return piece.length
      },
      isDone: () => false,
    }
  }
  function counted(bytes: number): BodyReader {
    let left = bytes
    return {
      push(piece, at) {
        const end = Math.min(piece.length, at + left)
        left -= end - at
        if (end > at) onData(piece.subarray(at, end))
        return end
      },
      isDone: () => left === 0,
    }
  }
  function bodyOf(framing: Framing): BodyReader {
    if (framing.kind === 'none') return noBody
    if (framing.kind === 'length') return counted(framing.bytes)
    return framing.kind === 'chunked' ? createChunkReader({ onData }) : untilClose()
  }

  function hold(piece: Buffer, at: number) {
    const bytes = piece.length - at
    if (heldBytes + bytes > mostHeadBytes) throw new HttpError('HTTP_ENDLESS_HEADERS', 'its headers have no end')
    if (held.length < heldBytes + bytes) {
      // Doubled, so that a head that comes byte by byte is not copied for each byte.
      const larger = Buffer.allocUnsafe(Math.max(1024, 2 * (heldBytes + bytes)))
      held.copy(larger, 0, 0, heldBytes)
      held = larger
    }
    piece.copy(held, heldBytes, at)
    heldBytes += bytes
  }
  /** Reads one head; returns where it ends in `piece`, or -1 where its end has not come. */
  function takeHead(piece: Buffer, from: number): number {
    const at = heldBytes === 0 ? skipEmptyLines(piece, from) : from
    emptyBytes += at - from
    if (emptyBytes > mostEmptyBytes) throw notSpoken('it says nothing, without end')
    if (heldBytes === 0) {
      const end = findEnd(piece, at)
      if (end >= 0) return finishHead(piece, at, end)
    }
    const before = heldBytes
    hold(piece, at)
    const end = findEnd(held.subarray(0, heldBytes), 0, Math.max(0, before - 3))
    if (end < 0) return checkBeginning()
    const next = at + end - before
    const whole = held
    held = Buffer.alloc(0)
    heldBytes = 0
    finishHead(whole, 0, end)
    return next
  }
  /** Said at once: who speaks something else may wait for us for ever. */
  function checkBeginning() {
    const first = held.toString('latin1', 0, Math.min(heldBytes, beginning.length))
    if (!beginning.startsWith(first)) throw notSpoken('the first line is no status line')
    return -1
  }
  function finishHead(bytes: Buffer, from: number, end: number): number {
    if (end - from > mostHeadBytes) throw new HttpError('HTTP_ENDLESS_HEADERS', 'its headers have no end')
    const text = bytes.toString('latin1', from, end).trimEnd()
    if (text === last?.text) return begin(last, end)
    const head = readHead(text)
    if (head.status === 101) throw notSpoken('it changes the protocol, which nobody asked for')
    if (head.status < 200) {
      interim += 1
      if (interim > mostInterim) throw notSpoken('it says over and over that the answer will come')
      return end
    }
    last = { text, head, framing: framingOf(head), idleMs: idleMsOf(head) }
    return begin(last, end)
  }
  function begin({ head, framing, idleMs }: Read, end: number): number {
    body = bodyOf(framing)
    onHead(head, idleMs)
    return end
  }

  return {
    /** Reads one piece. Returns how many of its bytes were read once the answer is whole, and -1 before. */
    push(piece: Buffer): number {
      let at = 0
      while (!body && at < piece.length) {
        at = takeHead(piece, at)
        if (at < 0) return -1
      }
      if (!body) return -1
      at = body.push(piece, at)
      return body.isDone() ? at : -1
    },
    /** A head has begun, and its end has not come. */
    isInHead: () => heldBytes > 0,
    /** The other side sends no more: true where that was the end of the answer. Throws where it was not. */
    finish() {
      if (!endsWithConnection) throw cutOff()
    },
    /** For the next answer on this connection. */
    reset() {
      body = null
      interim = 0
      emptyBytes = 0
      endsWithConnection = false
    },
  }
}

/** Some servers send an empty line too much behind a body (RFC 9112 §2.2). */
function skipEmptyLines(piece: Buffer, from: number): number {
  let at = from
  while (piece[at] === cr || piece[at] === lf) at += 1
  return at
}

/** Where the head ends: behind its empty line. Lines end by LF, with or without CR. `from` lies on no part of that. */
function findEnd(bytes: Buffer, start: number, from = start): number {
  for (let at = bytes.indexOf(lf, from); at >= 0; at = bytes.indexOf(lf, at + 1)) {
    const next = bytes[at + 1]
    if (next === lf) return at + 2
    if (next === cr && bytes[at + 2] === lf) return at + 3
  }
  return -1
}
