const quote = 0x22
const backslash = 0x5c
const comma = 0x2c
const colon = 0x3a
const openBrace = 0x7b
const closeBrace = 0x7d
const openBracket = 0x5b

function skipSpace(bytes: Buffer, from: number): number {
  let at = from
  for (;;) {
    const byte = bytes[at]
    if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return at
    at += 1
  }
}

const isDigit = (byte: number | undefined) => byte !== undefined && byte >= 0x30 && byte <= 0x39
const isHex = (byte: number | undefined) =>
  byte !== undefined && (isDigit(byte) || (byte >= 0x41 && byte <= 0x46) || (byte >= 0x61 && byte <= 0x66))
const plainEscapes = new Set(Buffer.from('"\\/bfnrt'))

/** Index after the escape at `at` (its backslash), or -1. Lone surrogates are fine: they are only text here. */
function skipEscape(bytes: Buffer, at: number): number {
  const kind = bytes[at + 1]
  if (kind === 0x75) {
    for (let digit = at + 2; digit < at + 6; digit += 1) if (!isHex(bytes[digit])) return -1
    return at + 6
  }
  return kind !== undefined && plainEscapes.has(kind) ? at + 2 : -1
}

/** Finds the first of one byte at or behind a place; behind the last there is the end. Places only grow. */
type Seek = (from: number) => number
/** The same bytes, also four at a time; `before` are those that lie before the first four. */
type Text = { bytes: Buffer; words: Int32Array; before: number; quoteFrom: Seek; backslashFrom: Seek }

function toText(bytes: Buffer): Text {
  const before = -bytes.byteOffset & 3
  const count = Math.max(0, bytes.length - before) >> 2
  const start = count > 0 ? bytes.byteOffset + before : 0
  const words = new Int32Array(bytes.buffer, start, count)
  return { bytes, words, before, quoteFrom: createSeek(bytes, quote), backslashFrom: createSeek(bytes, backslash) }
}

/** What was found is kept until it is passed: a text full of the one is not searched over and over for the other. */
function createSeek(bytes: Buffer, byte: number): Seek {
  let known = -1
  return (from) => {
    if (known >= from) return known
    const found = bytes.indexOf(byte, from)
    known = found < 0 ? bytes.length : found
    return known
  }
}

const ones = 0x01010101
const tops = 0x80808080 | 0
const low = 0x20202020
const hasZero = (word: number) => ((word - ones) | 0) & ~word & tops
/** Four bytes of which none ends a string, escapes, or may not stand in one. */
const isPlain = (word: number) =>
  (hasZero(word ^ 0x22222222) | hasZero(word ^ 0x5c5c5c5c) | (((word - low) | 0) & ~word & tops)) === 0

/** After so many plain words in a row the rest is worth a search by the platform, which is native. */
const manyWords = 1024
const fewWords = 256

/** Past the plain bytes at `from`, four at a time: most of a long answer is the inside of strings. */
function skipPlain(text: Text, from: number): number {
  const { words, before } = text
  if (from < before || ((from - before) & 3) !== 0) return from
  let at = (from - before) >> 2
  const soon = Math.min(words.length, at + manyWords)
  while (at < soon && isPlain(words[at] as number)) at += 1
  if (at === soon && at < words.length) at = skipLong(text, at)
  return before + at * 4
}

/** The same, where it goes on for long: neither quote nor backslash is sought here but what no string may hold. */
function skipLong(text: Text, from: number): number {
  const { words, before, quoteFrom, backslashFrom } = text
  const place = before + from * 4
  const last = (Math.min(quoteFrom(place), backslashFrom(place)) - before) >> 2
  let at = from
  // A little at a time, by a function that is called often: so V8 compiles it in the middle of the first long answer.
  while (at + fewWords <= last && allStand(words, at, at + fewWords)) at += fewWords
  while (at < last && isPlain(words[at] as number)) at += 1
  return at
}

/** Whether none of these bytes is one that no string may hold. */
function allStand(words: Int32Array, from: number, until: number): boolean {
  let found = 0
  for (let at = from; at < until; at += 1) {
    const word = words[at] as number
    found |= (word - low) & ~word
  }
  return (found & tops) === 0
}

function skipString(text: Text, from: number): number {
  const { bytes } = text
  if (bytes[from] !== quote) return -1
  const { length } = bytes
  let at = from + 1
  while (at < length) {
    const byte = bytes[at] as number
    if (byte === quote) return at + 1
    if (byte === backslash) {
      at = skipEscape(bytes, at)
      if (at < 0) return -1
    } else if (byte < 0x20) return -1
    else at = skipPlain(text, at + 1)
  }
  return -1
}

function skipDigits(bytes: Buffer, from: number): number {
  let at = from
  while (isDigit(bytes[at])) at += 1
  return at > from ? at : -1
}

function skipNumber(bytes: Buffer, from: number): number {
  let at = bytes[from] === 0x2d ? from + 1 : from
  at = bytes[at] === 0x30 ? at + 1 : skipDigits(bytes, at)
  if (at > 0 && bytes[at] === 0x2e) at = skipDigits(bytes, at + 1)
  if (at > 0 && (bytes[at] === 0x65 || bytes[at] === 0x45)) {
    const sign = bytes[at + 1]
    at = skipDigits(bytes, sign === 0x2b || sign === 0x2d ? at + 2 : at + 1)
  }
  return at
}

const words = [Buffer.from('true'), Buffer.from('false'), Buffer.from('null')]

function skipScalar(text: Text, at: number): number {
  const { bytes } = text
  const byte = bytes[at]
  if (byte === quote) return skipString(text, at)
  if (byte === 0x2d || isDigit(byte)) return skipNumber(bytes, at)
  for (const word of words) if (word.equals(bytes.subarray(at, at + word.length))) return at + word.length
  return -1
}

/** Index of the value that belongs to the key at `from`, or -1. */
function skipKey(text: Text, from: number): number {
  const { bytes } = text
  const end = skipString(text, from)
  if (end < 0) return -1
  const at = skipSpace(bytes, end)
  return bytes[at] === colon ? skipSpace(bytes, at + 1) : -1
}

/** Index after the JSON value at `from`, or -1. It keeps its own stack, so no depth of nesting can overflow ours. */
function skipValue(text: Text, from: number): number {
  const { bytes } = text
  let closers = new Uint8Array(64)
  let depth = 0
  let at = from
  for (;;) {
    const byte = bytes[at]
    if (byte === openBrace || byte === openBracket) {
      if (depth === closers.length) {
        const larger = new Uint8Array(depth * 2)
        larger.set(closers)
        closers = larger
      }
      closers[depth] = byte + 2
      depth += 1
      at = skipSpace(bytes, at + 1)
      if (bytes[at] !== byte + 2) {
        if (byte === openBrace) at = skipKey(text, at)
        if (at < 0) return -1
        continue
      }
    } else at = skipScalar(text, at)
    if (at < 0) return -1
    for (;;) {
      if (depth === 0) return at
      at = skipSpace(bytes, at)
      const closer = closers[depth - 1]
      if (bytes[at] === closer) {
        depth -= 1
        at += 1
        continue
      }
      if (bytes[at] !== comma) return -1
      at = skipSpace(bytes, at + 1)
      if (closer === closeBrace) at = skipKey(text, at)
      if (at < 0) return -1
      break
    }
  }
}

/**
 * Whether these bytes are one JSON text. It builds nothing and costs no memory, so a 50 MB answer can be checked before
 * it goes to a client that would fall silent on it.
 */
export function isJsonText(bytes: Buffer): boolean {
  const end = skipValue(toText(bytes), skipSpace(bytes, 0))
  return end >= 0 && skipSpace(bytes, end) >= bytes.length
}
