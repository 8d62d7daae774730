import { eachMember, type Span, skipSpace } from '../json-walk.ts'

/** Where the value at a path of keys lies, or null. */
export function findSpan(bytes: Buffer, path: readonly string[]): Span | null {
  let at = skipSpace(bytes, 0)
  let span: Span | null = null
  for (const wanted of path) {
    span = null
    eachMember(bytes, at, (key, value) => {
      if (key === wanted) span = value
    })
    if (span === null) return null
    at = (span as Span).start
  }
  return span
}

export const textAt = (bytes: Buffer, { start, end }: Span) => bytes.toString('utf8', start, end)

/** A copy with one span written anew; every other byte stays. */
export const replaceAt = (bytes: Buffer, { start, end }: Span, text: string) =>
  Buffer.concat([bytes.subarray(0, start), Buffer.from(text), bytes.subarray(end)])
