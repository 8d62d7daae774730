import { createEnvelopeReader, type Envelope } from './envelope.ts'

type Needs = {
  /** A line that is short enough to keep, without its newline. */
  whole: (line: Buffer, envelope: Envelope) => void
  /** A longer line passes by in pieces; what it was about is known at its end. */
  begin: () => void
  piece: (bytes: Buffer) => void
  end: (envelope: Envelope) => void
}

/** Up to here a line is kept until it is whole. Fixed, so that the bridge's memory is. */
const wholeLimit = 64 * 1024

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
  function endLine() {
    const envelope = reader.finish()
    if (passing) end(envelope)
    else if (!isBlank(kept)) whole(kept.length === 1 ? (kept[0] as Buffer) : Buffer.concat(kept, keptBytes), envelope)
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
        add(chunk.subarray(from, at))
        endLine()
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
