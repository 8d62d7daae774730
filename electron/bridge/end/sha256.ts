// FIPS 180-4. Of its own, because loading node:crypto for three hashes would cost each bridge two megabytes; the hub,
// which has it loaded anyway, computes the same in the same words, and a test holds them to node:crypto.

// Plain loops: what allocates or gets hot here stays in the memory of a process that does little else.

const rotate = (word: number, by: number) => (word >>> by) | (word << (32 - by))
/** The first 32 bits of the fraction. */
const fraction = (value: number) => ((value - Math.floor(value)) * 2 ** 32) | 0

function isPrime(number: number) {
  for (let each = 2; each * each <= number; each += 1) if (number % each === 0) return false
  return true
}

/** The first 64 words of `K`, then the eight a hash begins with. */
function constants(): Int32Array {
  const found = new Int32Array(72)
  for (let prime = 2, count = 0; count < 64; prime += 1) {
    if (!isPrime(prime)) continue
    found[count] = fraction(Math.cbrt(prime))
    if (count < 8) found[64 + count] = fraction(Math.sqrt(prime))
    count += 1
  }
  return found
}

function pad(bytes: Buffer): Buffer {
  const padded = Buffer.alloc(Math.ceil((bytes.length + 9) / 64) * 64)
  bytes.copy(padded)
  padded[bytes.length] = 0x80
  padded.writeUInt32BE(bytes.length * 8, padded.length - 4)
  return padded
}

function schedule(words: Int32Array, bytes: Buffer, at: number) {
  const word = (index: number) => words[index] as number
  for (let index = 0; index < 16; index += 1) words[index] = bytes.readInt32BE(at + index * 4)
  for (let index = 16; index < 64; index += 1) {
    const early = word(index - 15)
    const late = word(index - 2)
    const s0 = rotate(early, 7) ^ rotate(early, 18) ^ (early >>> 3)
    const s1 = rotate(late, 17) ^ rotate(late, 19) ^ (late >>> 10)
    words[index] = word(index - 16) + s0 + word(index - 7) + s1
  }
}

/** `state` holds the letters of the standard, from `a` to `h`. */
function mix(state: Int32Array, words: Int32Array, k: Int32Array) {
  const before = state.slice()
  const at = (index: number) => state[index] as number
  for (let index = 0; index < 64; index += 1) {
    const e = at(4)
    const a = at(0)
    const s1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)
    const first = (at(7) + s1 + ((e & at(5)) ^ (~e & at(6))) + (k[index] as number) + (words[index] as number)) | 0
    const s0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)
    const second = (s0 + ((a & at(1)) ^ (a & at(2)) ^ (at(1) & at(2)))) | 0
    state.copyWithin(1, 0, 7)
    state[4] = at(4) + first
    state[0] = first + second
  }
  for (let index = 0; index < 8; index += 1) state[index] = at(index) + (before[index] as number)
}

export function sha256(bytes: Buffer): Buffer {
  const k = constants()
  const state = k.slice(64)
  const words = new Int32Array(64)
  const padded = pad(bytes)
  for (let at = 0; at < padded.length; at += 64) {
    schedule(words, padded, at)
    mix(state, words, k)
  }
  const digest = Buffer.alloc(32)
  for (let index = 0; index < 8; index += 1) digest.writeInt32BE(state[index] as number, index * 4)
  return digest
}

/** RFC 2104. */
export function hmacSha256(key: Buffer, bytes: Buffer): Buffer {
  const block = Buffer.alloc(64)
  block.set(key.length > 64 ? sha256(key) : key)
  const inner = Buffer.alloc(64)
  const outer = Buffer.alloc(64)
  for (let at = 0; at < 64; at += 1) {
    inner[at] = (block[at] as number) ^ 0x36
    outer[at] = (block[at] as number) ^ 0x5c
  }
  return sha256(Buffer.concat([outer, sha256(Buffer.concat([inner, bytes]))]))
}
