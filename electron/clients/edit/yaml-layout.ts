import { type Document, isCollection, isMap, isPair, isScalar, isSeq, type Node, visit } from 'yaml'
import type { Braces } from './braces.ts'
import { Refusal } from './change.ts'
import { eolOf, lineEnd, lineStart, nextLine, type Splice } from './text.ts'
import type { Block, Member } from './yaml-read.ts'
import type { Steps } from './yaml-text.ts'

export const startOf = (node: Node) => node.range?.[0] ?? 0
export const columnIndent = (text: string, offset: number) => ' '.repeat(offset - lineStart(text, offset))

/** Right behind the colon of a pair, or behind the anchor or tag that follows it. */
export function colonEnd(pair: Member) {
  const marks = (pair.srcToken?.sep ?? []).filter(
    ({ type }) => type === 'map-value-ind' || type === 'anchor' || type === 'tag',
  )
  const last = marks.at(-1)
  if (!last || pair.srcToken?.start.some(({ type }) => type === 'explicit-key-ind'))
    throw new Refusal('unsupported-layout')
  return last.offset + last.source.length
}

const isBlockScalar = (text: string, node: Node) =>
  isScalar(node) && /^[|>]/.test(text.slice(startOf(node), startOf(node) + 1)) && node.type?.startsWith('BLOCK')

/** Behind the last character that belongs to a value. */
export function contentEnd(text: string, item: unknown): number {
  if (isPair(item)) {
    const pair = item as Member
    return pair.value && !isEmpty(pair.value) ? contentEnd(text, pair.value) : colonEnd(pair)
  }
  const node = item as Node
  const [start, end] = node.range ?? [0, 0]
  if (isCollection(node) && !node.flow) {
    const last = node.items.at(-1)
    return last === undefined || (isScalar(last) && isEmpty(last))
      ? lineEnd(text, lastDash(node) ?? start)
      : contentEnd(text, last)
  }
  if (!isBlockScalar(text, node)) return end
  // `|+` keeps the empty lines at its end: they are content.
  if (/^[|>]\d?\+/.test(text.slice(start, start + 3)))
    return end > start && /[\r\n]/.test(text[end - 1] ?? '') ? end - 1 : end
  return start + text.slice(start, end).trimEnd().length
}

export const isEmpty = (node: Node) => isScalar(node) && node.value === null && !node.source
const lastDash = (node: Node) => {
  const token = node.srcToken
  return token?.type === 'block-seq'
    ? token.items.at(-1)?.start.find(({ type }) => type === 'seq-item-ind')?.offset
    : undefined
}

export function dashOf(list: Node, index: number) {
  const token = list.srcToken
  const dash =
    token?.type === 'block-seq' ? token.items[index]?.start.find(({ type }) => type === 'seq-item-ind') : undefined
  if (!dash) throw new Refusal('unsupported-layout')
  return dash.offset
}

/** What is the entry’s own: its whole lines, or its place between the braces. */
export function spanOf(text: string, found: Member | Node, flow: boolean) {
  const start = isPair(found) ? startOf((found as Member).key) : startOf(found as Node)
  const end = contentEnd(text, found)
  return flow ? { start, end } : { start: lineStart(text, start), end: lineEnd(text, end) }
}

export function findSteps(text: string, doc: Document.Parsed | null, container: Block | null): Steps {
  const steps: Partial<Steps> = {}
  const look = (pair: Member) => {
    const { key, value } = pair
    if (!key.range || !isCollection(value) || value.flow || value.items.length === 0) return
    const column = startOf(key) - lineStart(text, startOf(key))
    const first = isSeq(value) ? dashOf(value, 0) : startOf((value.items[0] as Member).key)
    const step = first - lineStart(text, first) - column
    if (isSeq(value)) steps.list ??= ' '.repeat(Math.max(step, 0))
    else if (step > 0) steps.map ??= ' '.repeat(step)
  }
  if (isMap(container)) for (const pair of container.items) if (isMap(pair.value)) look(pair as Member)
  if (doc) visit(doc, { Pair: (_, pair) => look(pair as Member) })
  return { map: steps.map ?? '  ', list: steps.list ?? '  ' }
}

export const toBraces = (node: Block): Braces => {
  const [start, end] = node.range ?? [0, 0]
  const items = node.items.map((item) => {
    const first = isPair(item) ? (item as Member).key : (item as Node)
    const last = isPair(item) ? ((item as Member).value ?? (item as Member).key) : (item as Node)
    return { start: startOf(first), end: last.range?.[1] ?? 0 }
  })
  return { open: start + 1, close: end - 1, items }
}

/** Whole lines at the start of a line; the line in front gets its line end if it lacks one. */
export function linesAt(text: string, at: number, lines: string[]): Splice {
  const eol = eolOf(text)
  const open = at > 0 && !/[\r\n]/.test(text[at - 1] ?? '')
  return { from: at, to: at, text: (open ? eol : '') + lines.map((line) => line + eol).join('') }
}

export const cutLines = (text: string, from: number, to: number): Splice => ({
  from: lineStart(text, from),
  to: nextLine(text, to),
  text: '',
})
