import { notSpoken } from './http-error.ts'

type Needs = { onData: (piece: Buffer) => void }
type Place = 'size' | 'data' | 'behind-data' | 'trailers' | 'done'

const lf = 0x0a
const longestLine = 4096
const mostTrailerBytes = 16 * 1024

/** Reads a chunked body (RFC 9112 §7.1); chunk extensions and trailers are read over, within limits. */
export function createChunkReader({ onData }: Needs) {
  let place: Place = 'size'
  let left = 0
  let trailerBytes = 0
  /** The line that has begun in an earlier piece. */
  let line = ''

  /** The line up to its end, or null where that has not come yet; `next` is where to go on. */
  function takeLine(piece: Buffer, at: number): { text: string | null; next: number } {
    const end = piece.indexOf(lf, at)
    line += piece.toString('latin1', at, end < 0 ? piece.length : end)
    if (line.length > longestLine) throw notSpoken('a line between its chunks has no end')
    if (end < 0) return { text: null, next: piece.length }
    const text = line.endsWith('\r') ? line.slice(0, -1) : line
    line = ''
    return { text, next: end + 1 }
  }
  function takeData(piece: Buffer, at: number): number {
    const end = Math.min(piece.length, at + left)
    if (end > at) onData(piece.subarray(at, end))
    left -= end - at
    if (left === 0) place = 'behind-data'
    return end
  }
  function onLine(text: string) {
    if (place === 'size') {
      left = readSize(text)
      place = left === 0 ? 'trailers' : 'data'
    } else if (place === 'behind-data') {
      if (text !== '') throw notSpoken('a chunk is longer than it says')
      place = 'size'
    } else if (text === '') place = 'done'
    else {
      trailerBytes += text.length
      if (trailerBytes > mostTrailerBytes) throw notSpoken('its trailers have no end')
    }
  }

  return {
    /** Takes what belongs to the body; returns where that ends in `piece`. */
    push(piece: Buffer, from: number): number {
      let at = from
      while (at < piece.length && place !== 'done') {
        if (place === 'data') at = takeData(piece, at)
        else {
          const { text, next } = takeLine(piece, at)
          at = next
          if (text !== null) onLine(text)
        }
      }
      return at
    },
    isDone: () => place === 'done',
  }
}

/** At most 13 digits of hexadecimal: more is no number that JavaScript can count to. */
function readSize(text: string): number {
  const [, digits] = /^([0-9A-Fa-f]{1,13})[\t ]*(?:;.*)?$/.exec(text) ?? []
  if (digits === undefined) throw notSpoken('the size of a chunk is no number')
  return Number.parseInt(digits, 16)
}
