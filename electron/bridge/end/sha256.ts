// FIPS 180-4. Of its own, because loading node:crypto for three hashes would cost each bridge two megabytes; the hub,
// which has it loaded anyway, computes the same in the same words, and a test holds them to node:crypto.

const primes = (count: number) => {
  const found: number[] = []
  for (let each = 2; found.length < count; each += 1) if (found.every((prime) => each % prime !== 0)) found.push(each)
  return found
}
/** The first 32 bits of the fraction. */
const fraction = (value: number) => ((value - Math.floor(value)) * 2 ** 32) | 0
const rotate = (word: number, by: number) => (word >>> by) | (word << (32 - by))

function pad(bytes: Uint8Array): DataView {
  const view = new DataView(new ArrayBuffer(Math.ceil((bytes.length + 9) / 64) * 64))
  for (const [at, byte] of bytes.entries()) view.setUint8(at, byte)
  view.setUint8(bytes.length, 0x80)
  view.setUint32(view.byteLength - 4, bytes.length * 8)
  return view
}

function schedule(view: DataView, at: number): Int32Array {
  const words = new Int32Array(64)
  const word = (index: number) => words[index] as number
  for (let index = 0; index < 16; index += 1) words[index] = view.getInt32(at + index * 4)
  for (let index = 16; index < 64; index += 1) {
    const [early, late] = [word(index - 15), word(index - 2)]
    const s0 = rotate(early, 7) ^ rotate(early, 18) ^ (early >>> 3)
    const s1 = rotate(late, 17) ^ rotate(late, 19) ^ (late >>> 10)
    words[index] = word(index - 16) + s0 + word(index - 7) + s1
  }
  return words
}

function mix(state: Int32Array, words: Int32Array, constants: number[]) {
  let [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = state
  for (let index = 0; index < 64; index += 1) {
    const s1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)
    const first = (h + s1 + ((e & f) ^ (~e & g)) + (constants[index] as number) + (words[index] as number)) | 0
    const s0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)
    const second = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0
    ;[h, g, f, e, d, c, b, a] = [g, f, e, (d + first) | 0, c, b, a, (first + second) | 0]
  }
  for (const [index, value] of [a, b, c, d, e, f, g, h].entries()) state[index] = (state[index] as number) + value
}

export function sha256(bytes: Uint8Array): Buffer {
  const firstPrimes = primes(64)
  const constants = firstPrimes.map((prime) => fraction(Math.cbrt(prime)))
  const state = Int32Array.from(firstPrimes.slice(0, 8), (prime) => fraction(Math.sqrt(prime)))
  const view = pad(bytes)
  for (let at = 0; at < view.byteLength; at += 64) mix(state, schedule(view, at), constants)
  const digest = Buffer.alloc(32)
  for (const [index, word] of state.entries()) digest.writeInt32BE(word, index * 4)
  return digest
}

/** RFC 2104. */
export function hmacSha256(key: Uint8Array, bytes: Uint8Array): Buffer {
  const block = Buffer.alloc(64)
  block.set(key.length > 64 ? sha256(key) : key)
  const inner = sha256(Buffer.concat([block.map((byte) => byte ^ 0x36), bytes]))
  return sha256(Buffer.concat([block.map((byte) => byte ^ 0x5c), inner]))
}
