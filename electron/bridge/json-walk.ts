const quote = 0x22
const backslash = 0x5c
const isSpace = (byte: number | undefined) => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09

/** Where a value lies in the bytes of a message: from `start` up to, not including, `end`. */
export type Span = { start: number; end: number }

export function skipSpace(bytes: Buffer, at: number) {
  let here = at
  while (isSpace(bytes[here])) here += 1
  return here
}

/** The end of the string that starts at `at`, or -1. `indexOf` is native: a 50 MB string costs milliseconds. */
function skipString(bytes: Buffer, at: number) {
  let from = at + 1
  for (;;) {
    const end = bytes.indexOf(quote, from)
    if (end < 0) return -1
    let escapes = 0
    while (bytes[end - 1 - escapes] === backslash) escapes += 1
    if (escapes % 2 === 0) return end + 1
    from = end + 1
  }
}

/** The end of the value that starts at `at`, or -1 where the bytes end first. Depth is counted, never recursed into. */
function skipValue(bytes: Buffer, at: number): number {
  const first = bytes[at]
  if (first === quote) return skipString(bytes, at)
  if (first !== 0x7b && first !== 0x5b) return skipScalar(bytes, at)
  let depth = 0
  let here = at
  while (here < bytes.length) {
    const byte = bytes[here]
    if (byte === quote) {
      here = skipString(bytes, here)
      if (here < 0) return -1
      continue
    }
    here += 1
    if (byte === 0x7b || byte === 0x5b) depth += 1
    else if (byte === 0x7d || byte === 0x5d) depth -= 1
    if (depth === 0) return here
  }
  return -1
}

function skipScalar(bytes: Buffer, at: number) {
  let here = at
  while (here < bytes.length) {
    const byte = bytes[here] as number
    if (byte === 0x2c || byte === 0x7d || byte === 0x5d || isSpace(byte)) break
    here += 1
  }
  return here > at ? here : -1
}

/**
 * Calls `visit` for each member of the object at `at`, with where its value lies and where its key begins; returns the
 * object's end, or -1 where it is not a whole object.
 */
export function eachMember(
  bytes: Buffer,
  at: number,
  visit: (key: string, value: Span, keyStart: number) => void,
): number {
  if (bytes[at] !== 0x7b) return -1
  let here = skipSpace(bytes, at + 1)
  if (bytes[here] === 0x7d) return here + 1
  for (;;) {
    if (bytes[here] !== quote) return -1
    const keyStart = here
    const keyEnd = skipString(bytes, keyStart)
    if (keyEnd < 0) return -1
    const key = toKey(bytes, keyStart, keyEnd)
    here = skipSpace(bytes, keyEnd)
    if (key === null || bytes[here] !== 0x3a) return -1
    const start = skipSpace(bytes, here + 1)
    const end = skipValue(bytes, start)
    if (end < 0) return -1
    visit(key, { start, end }, keyStart)
    here = skipSpace(bytes, end)
    if (bytes[here] === 0x7d) return here + 1
    if (bytes[here] !== 0x2c) return -1
    here = skipSpace(bytes, here + 1)
  }
}

/** A key written with escapes is the same key: `"\u0069d"` is `id` to every server. */
function toKey(bytes: Buffer, start: number, end: number): string | null {
  const text = bytes.toString('utf8', start, end)
  if (!text.includes('\\')) return text.slice(1, -1)
  try {
    return JSON.parse(text) as string
  } catch {
    return null
  }
}

/** The elements of the array at `at`, or null where it is not a whole array. */
export function elements(bytes: Buffer, at: number): Span[] | null {
  const found: Span[] = []
  let here = skipSpace(bytes, at + 1)
  if (bytes[here] === 0x5d) return found
  for (;;) {
    const end = skipValue(bytes, here)
    if (end < 0) return null
    found.push({ start: here, end })
    here = skipSpace(bytes, end)
    if (bytes[here] === 0x5d) return found
    if (bytes[here] !== 0x2c) return null
    here = skipSpace(bytes, here + 1)
  }
}

/** The text of the value at a path of keys; null where there is none, and where a key stands twice (which one counts?). */
export function findText(bytes: Buffer, path: string[]): string | null {
  let at = skipSpace(bytes, 0)
  let span: Span | null = null
  for (const wanted of path) {
    const found: Span[] = []
    eachMember(bytes, at, (key, value) => void (key === wanted && found.push(value)))
    if (found.length !== 1) return null
    span = found[0] as Span
    at = span.start
  }
  return span && bytes.toString('utf8', span.start, span.end)
}
