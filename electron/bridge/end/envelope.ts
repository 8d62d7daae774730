/** What a line is about, read while its bytes pass by. `id` is its exact text, null where absent or over 256 bytes. */
export type Envelope = { id: string | null; method: string | null; error: boolean; bytes: number }

const longest = 256

/**
 * Reads the top-level `id`, `method` and presence of `error` of one JSON line that arrives in pieces, in memory of a
 * fixed size: bridges carry lines of 50 MB without holding them. It does not judge whether the line is valid.
 */
export function createEnvelopeReader() {
  let depth = 0
  let quoted = false
  let escaped = false
  let isObject = false
  let awaitsKey = false
  let capture: 'key' | 'id' | 'method' | null = null
  const held = Buffer.allocUnsafeSlow(longest + 1)
  /** One more than fit is enough to know that it is too long. */
  let heldBytes = 0
  let envelope: Envelope = { id: null, method: null, error: false, bytes: 0 }

  function hold(byte: number) {
    if (heldBytes <= longest) held[heldBytes++] = byte
  }
  const inQuotes = () => held.toString('latin1', 1, Math.max(1, heldBytes - 1))
  function keep() {
    if (capture === 'id')
      envelope.id = heldBytes <= longest && beginsId(held[0]) ? held.toString('latin1', 0, heldBytes) : null
    if (capture === 'method') envelope.method = inQuotes()
    capture = null
  }
  function endKey() {
    const key = inQuotes()
    if (key === 'error') envelope.error = true
    capture = key === 'id' || key === 'method' ? key : null
    heldBytes = 0
  }
  /** One byte outside of a string. */
  function step(byte: number) {
    if (byte === 0x7b || byte === 0x5b) {
      depth += 1
      if (depth === 1) isObject = awaitsKey = byte === 0x7b
      else capture = null
    } else if (byte === 0x7d || byte === 0x5d) {
      if (depth === 1) keep()
      depth -= 1
    } else if (depth === 1 && byte === 0x2c) {
      keep()
      awaitsKey = isObject
    } else if (depth === 1 && byte === 0x3a && awaitsKey) {
      endKey()
      awaitsKey = false
    } else if (capture && byte > 0x20) hold(byte)
  }
  function feed(bytes: Buffer, from: number, to: number) {
    envelope.bytes += to - from
    let at = from
    while (at < to) {
      const byte = bytes[at] as number
      if (quoted) {
        if (capture) hold(byte)
        else if (!escaped && byte !== 0x22 && byte !== 0x5c) {
          at = nextMark(bytes, at, to)
          continue
        }
        if (escaped) escaped = false
        else if (byte === 0x5c) escaped = true
        else if (byte === 0x22) quoted = false
      } else if (byte === 0x22) {
        quoted = true
        if (depth === 1 && awaitsKey) {
          capture = 'key'
          heldBytes = 0
        }
        if (capture) hold(byte)
      } else step(byte)
      at += 1
    }
  }
  function finish(): Envelope {
    const done = envelope
    // Bytes were taken as Latin-1; the id is UTF-8 again before anyone compares or prints it.
    if (done.id) done.id = Buffer.from(done.id, 'latin1').toString()
    envelope = { id: null, method: null, error: false, bytes: 0 }
    depth = 0
    quoted = escaped = isObject = awaitsKey = false
    capture = null
    heldBytes = 0
    return done
  }
  return { feed, finish }
}

/** A string or a number. */
const beginsId = (byte: number | undefined) =>
  byte === 0x22 || byte === 0x2d || (byte !== undefined && byte >= 0x30 && byte <= 0x39)

const stride = 4096

/** The next quote or backslash before `to`. Natively beyond the first few bytes: in long lines they are far apart. */
function nextMark(bytes: Buffer, from: number, to: number) {
  const near = Math.min(to, from + 32)
  for (let at = from; at < near; at += 1) if (bytes[at] === 0x22 || bytes[at] === 0x5c) return at
  for (let at = near; at < to; at += stride) {
    const part = bytes.subarray(at, Math.min(to, at + stride))
    const quote = part.indexOf(0x22)
    const backslash = (quote < 0 ? part : part.subarray(0, quote)).indexOf(0x5c)
    if (backslash >= 0) return at + backslash
    if (quote >= 0) return at + quote
  }
  return to
}
