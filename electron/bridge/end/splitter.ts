import { createEnvelopeReader, type Envelope } from './envelope.ts'

type Needs = {
  /** A line that is short enough to keep, without its newline; and with it, as it is written on. */
  whole: (line: Buffer, envelope: Envelope, written: Buffer) => void
  /** A longer line passes by in pieces; what it was about is known at its end. */
  begin: () => void
  piece: (bytes: Buffer) => void
  end: (envelope: Envelope) => void
}

/** Up to here a line is kept until it is whole. Fixed, so that the bridge's memory is. */
const wholeLimit = 64 * 1024
const newline = Buffer.from('\n')

/** Cuts a byte stream into lines in memory of a fixed size. */
export function createSplitter({ whole, begin, piece, end }: Needs) {
  const reader = createEnvelopeReader()
  let kept: Buffer[] = []
  let keptBytes = 0
  let passing = false

  function add(bytes: Buffer) {
    if (bytes.length === 0) return
    reader.feed(bytes, 0, bytes.length)
    if (!passing && keptBytes + bytes.length > wholeLimit) {
      passing = true
      begin()
      for (const each of kept) piece(each)
      kept = []
      keptBytes = 0
    }
    if (passing) return piece(bytes)
    kept.push(bytes)
    keptBytes += bytes.length
  }
  /** `rest` is what this chunk has of the line, its newline with it. */
  function endLine(rest: Buffer) {
    add(rest.subarray(0, -1))
    const envelope = reader.finish()
    if (passing) end(envelope)
    else if (!isBlank(kept)) {
      // Most lines come in one piece, and can be written on as that piece.
      const written = keptBytes === rest.length - 1 ? rest : Buffer.concat([...kept, newline])
      whole(written.subarray(0, -1), envelope, written)
    }
    reset()
  }
  function reset() {
    kept = []
    keptBytes = 0
    passing = false
  }
  return {
    push(chunk: Buffer) {
      let from = 0
      for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, from)) {
        endLine(chunk.subarray(from, at + 1))
        from = at + 1
      }
      add(chunk.subarray(from))
    },
    /** The stream has ended; true where it ended within a line of which pieces are already out. */
    cut(): boolean {
      const broken = passing
      reader.finish()
      reset()
      return broken
    },
  }
}

const isBlank = (parts: Buffer[]) => parts.every((part) => part.every((byte) => byte === 0x20 || byte === 0x0d))
