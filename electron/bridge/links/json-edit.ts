import { eachMember, type Span, skipSpace } from '../json-walk.ts'

/** One change of a text: what stands from `start` to `end` becomes `text`. */
export type Edit = Span & { text: string | Buffer }

/** A member of an object: where its key begins, where its value lies. */
export type Member = { key: string; value: Span; start: number; end: number }

/** The text with all changes made at once. Every byte that no change names stays as it is. */
export function applyEdits(bytes: Buffer, edits: readonly Edit[]): Buffer {
  if (edits.length === 0) return bytes
  const parts: Buffer[] = []
  let at = 0
  for (const { start, end, text } of [...edits].sort((left, right) => left.start - right.start)) {
    parts.push(bytes.subarray(at, start), typeof text === 'string' ? Buffer.from(text) : text)
    at = end
  }
  parts.push(bytes.subarray(at))
  return Buffer.concat(parts)
}

/** The members of the object at `at`, in order. None where there is no object. */
export function membersAt(bytes: Buffer, at: number): Member[] {
  const members: Member[] = []
  eachMember(bytes, at, (key, value, start) => void members.push({ key, value, start, end: value.end }))
  return members
}

export const isObjectAt = (bytes: Buffer, at: number) => bytes[at] === 0x7b
export const isArrayAt = (bytes: Buffer, at: number) => bytes[at] === 0x5b

/** Takes members of an object, or elements of an array, out of their list, each with the comma that belongs to it. */
export function cutOut<T extends Span>(all: readonly T[], isCut: (one: T) => boolean): Edit[] {
  const lastKept = all.findLastIndex((one) => !isCut(one))
  const edits: Edit[] = []
  for (const [at, one] of all.entries()) {
    const next = all[at + 1]
    if (at < lastKept && next && isCut(one)) edits.push({ start: one.start, end: next.start, text: '' })
  }
  const firstOfTail = all[lastKept + 1]
  const last = all.at(-1)
  if (firstOfTail && last) edits.push({ start: all[lastKept]?.end ?? firstOfTail.start, end: last.end, text: '' })
  return edits
}

/** Adds members, as text, at the front of the object at `at`; `rest` are the members that stay. */
export function addMembers(bytes: Buffer, at: number, texts: readonly string[], rest: number): Edit[] {
  if (texts.length === 0) return []
  const start = skipSpace(bytes, at) + 1
  return [{ start, end: start, text: texts.join(',') + (rest > 0 ? ',' : '') }]
}
