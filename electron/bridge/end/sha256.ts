// FIPS 180-4. Of its own, because loading node:crypto for three hashes would cost each bridge two megabytes and three
// milliseconds; a test holds it to node:crypto.

// Plain loops over numbers: this runs once in the life of a process, so all of it is interpreted.

/** 4.2.2: the first 32 bits of the fractional parts of the cube roots of the first 64 primes. */
const roundWords = () =>
  Int32Array.of(
    ...[0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5],
    ...[0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174],
    ...[0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da],
    ...[0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967],
    ...[0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85],
    ...[0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070],
    ...[0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3],
    ...[0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2],
  )
/** 5.3.3: the same of the square roots of the first eight. */
const firstState = () =>
  Int32Array.of(0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19)

function pad(bytes: Buffer): DataView {
  const padded = new Uint8Array(Math.ceil((bytes.length + 9) / 64) * 64)
  padded.set(bytes)
  const view = new DataView(padded.buffer)
  view.setUint8(bytes.length, 0x80)
  view.setUint32(padded.length - 4, bytes.length * 8)
  return view
}

function schedule(words: Int32Array, block: DataView, from: number) {
  for (let at = 0; at < 16; at += 1) words[at] = block.getInt32(from + at * 4)
  for (let at = 16; at < 64; at += 1) {
    const early = words[at - 15] as number
    const late = words[at - 2] as number
    const s0 = ((early >>> 7) | (early << 25)) ^ ((early >>> 18) | (early << 14)) ^ (early >>> 3)
    const s1 = ((late >>> 17) | (late << 15)) ^ ((late >>> 19) | (late << 13)) ^ (late >>> 10)
    words[at] = (words[at - 16] as number) + s0 + (words[at - 7] as number) + s1
  }
}

/** The letters are those of the standard. */
function mix(state: Int32Array, words: Int32Array, k: Int32Array) {
  let [a, b, c, d, e, f, g, h] = state as unknown as [number, number, number, number, number, number, number, number]
  for (let at = 0; at < 64; at += 1) {
    const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7))
    const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10))
    const first = (h + s1 + ((e & f) ^ (~e & g)) + (k[at] as number) + (words[at] as number)) | 0
    const second = s0 + ((a & b) ^ (a & c) ^ (b & c))
    h = g
    g = f
    f = e
    e = (d + first) | 0
    d = c
    c = b
    b = a
    a = (first + second) | 0
  }
  for (const [at, word] of [a, b, c, d, e, f, g, h].entries()) state[at] = (state[at] as number) + word
}

export function sha256(bytes: Buffer): Buffer {
  const k = roundWords()
  const state = firstState()
  const words = new Int32Array(64)
  const padded = pad(bytes)
  for (let from = 0; from < padded.byteLength; from += 64) {
    schedule(words, padded, from)
    mix(state, words, k)
  }
  const digest = Buffer.alloc(32)
  for (let at = 0; at < 8; at += 1) digest.writeInt32BE(state[at] as number, at * 4)
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
