import { createEnvelopeReader, type Envelope } from './end/envelope.ts'
import { createPieces } from './pieces.ts'

type Needs = {
  limit: number
  /** One line without its newline; empty lines are left out. */
  onLine: (line: Buffer) => void
  /** A line over the limit: its bytes are gone, what it was about is known. */
  onTooLong: (envelope: Envelope) => void
}

/** Cuts a byte stream into lines. Pieces are joined once, at the end of their line: no copying grows with the square. */
export function createLines({ limit, onLine, onTooLong }: Needs) {
  const parts = createPieces()
  let held = 0
  let tooLong: ReturnType<typeof createEnvelopeReader> | null = null

  function add(piece: Buffer) {
    held += piece.length
    if (!tooLong && held <= limit) return parts.add(piece)
    tooLong ??= createEnvelopeReader()
    const before = parts.take()
    tooLong.feed(before, 0, before.length)
    tooLong.feed(piece, 0, piece.length)
  }
  function end() {
    if (tooLong) onTooLong(tooLong.finish())
    else if (held > 0) {
      const line = trim(parts.take())
      if (line.length > 0) onLine(line)
    }
    held = 0
    tooLong = null
  }

  return {
    push(chunk: Buffer) {
      let from = 0
      for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, from)) {
        if (at > from) add(chunk.subarray(from, at))
        end()
        from = at + 1
      }
      if (from < chunk.length) add(chunk.subarray(from))
    },
  }
}

/** Without the `\r` of a `\r\n`; a line of blanks becomes empty. */
function trim(line: Buffer) {
  const cut = line.at(-1) === 0x0d ? line.subarray(0, -1) : line
  return cut.length < 64 && cut.every((byte) => byte === 0x20 || byte === 0x09) ? cut.subarray(0, 0) : cut
}
