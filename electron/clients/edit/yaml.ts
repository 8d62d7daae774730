import {
  type Document,
  isAlias,
  isCollection,
  isMap,
  isPair,
  isScalar,
  isSeq,
  Lexer,
  type Node,
  type Pair,
  parseAllDocuments,
  visit,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml'
import { type Braces, insertItem, removeItem } from './braces.ts'
import {
  type EntryPlace,
  type Field,
  type Format,
  isTable,
  type Parsed,
  Refusal,
  type Table,
  toTable,
  type Value,
} from './change.ts'
import { eolOf, isBlank, lineEnd, lineOf, lineStart, nextLine, type Splice, skipBlanks, splice } from './text.ts'
import {
  isInline,
  renderFlow,
  renderInside,
  renderListItem,
  renderPair,
  renderScalar,
  type Steps,
} from './yaml-text.ts'

type Block = YAMLMap<Node, Node | null> | YAMLSeq<Node>
type Member = Pair<Node, Node | null>

export const yamlFormat: Format = {
  parse,
  fresh: (place, fields) => `${outline(place, place.container, fields, '', { map: '  ', list: '  ' }).join('\n')}\n`,
}

function parse(text: string, place: EntryPlace): Parsed {
  const doc = readDocument(text)
  const root = findRoot(text, doc)
  const way = findWay(text, root, place.container)
  const container = way.length === place.container.length ? containerOf(text, place, way) : null
  const found = container && findEntry(text, container, place)
  const span = found && spanOf(text, found, container?.flow === true)
  const steps = findSteps(text, doc, container)
  const entry = found && (isPair(found) ? (found as Member).value : (found as Node))
  const holder = (path: string[]) =>
    (path.length === 1 ? entry : findMember(text, entry as Block, path[0] ?? '')?.value) as Block
  const around = { text, steps }

  return {
    entry: found && span ? { value: toValue(entry, doc), line: lineOf(text, span.start) } : null,
    rest: () => canonical(readAll(doc), [...place.container, place.name], place.kind) ?? '{}',
    comments: () => listComments(text, span),
    add: (fields) => splice(text, add(around, { root, way, container, place }, fields)),
    set: (path, value) => splice(text, set(around, holder(path), path, value, way, entry)),
    unset: (path) => splice(text, unset(text, holder(path), path, findMember(text, entry as Block, path[0] ?? ''))),
    replace: (fields) => {
      if (!isPair(found)) throw new Refusal('unsupported-layout', span ? lineOf(text, span.start) : null)
      return splice(text, replaceValue(around, found as Member, toTable(fields)))
    },
    remove: () => splice(text, remove(text, container as Block, found as Member | Node, way.at(-1) as Member)),
  }
}

// Reading

function readDocument(text: string): Document.Parsed | null {
  let docs: Document.Parsed[]
  try {
    docs = [
      ...parseAllDocuments(text, { keepSourceTokens: true, uniqueKeys: false, intAsBigInt: true, logLevel: 'silent' }),
    ] as Document.Parsed[]
  } catch (error) {
    throw new Refusal(error instanceof RangeError ? 'too-deep' : 'invalid-syntax', null, { cause: error })
  }
  const second = docs[1]
  if (second) throw new Refusal('several-documents', lineOf(text, second.range[0]))
  const error = docs[0]?.errors[0]
  if (error) throw new Refusal('invalid-syntax', lineOf(text, error.pos[0]), { cause: error })
  return docs[0] ?? null
}

function findRoot(text: string, doc: Document.Parsed | null): YAMLMap<Node, Node | null> | null {
  const contents = doc?.contents ?? null
  if (contents === null || (isScalar(contents) && contents.value === null && !contents.source)) return null
  if (!isMap(contents)) throw new Refusal('root-not-object', lineOf(text, contents.range?.[0] ?? 0))
  return contents as YAMLMap<Node, Node | null>
}

function findMember(text: string, map: Block | null, key: string): Member | undefined {
  if (!isMap(map)) return undefined
  const [found, twin] = map.items.filter((pair) => isScalar(pair.key) && pair.key.value === key) as Member[]
  if (twin) throw new Refusal('duplicate-key', lineOf(text, twin.key.range?.[0] ?? 0))
  return found
}

/** The pairs that lead to the container, as far as they exist. */
function findWay(text: string, root: Block | null, path: readonly string[]) {
  const way: Member[] = []
  let at: Node | null = root
  for (const [index, key] of path.entries()) {
    const pair = findMember(text, at as Block, key)
    if (!pair) break
    way.push(pair)
    at = pair.value
    if (index < path.length - 1 && !isMap(at))
      throw new Refusal('container-not-object', lineOf(text, pair.key.range?.[0] ?? 0))
  }
  return way
}

function containerOf(text: string, { kind }: EntryPlace, way: Member[]): Block {
  const pair = way.at(-1)
  const value = pair?.value ?? null
  if (kind === 'map' ? isMap(value) : isSeq(value)) return value as Block
  throw new Refusal('container-not-object', lineOf(text, pair?.key.range?.[0] ?? 0))
}

function findEntry(text: string, container: Block, { kind, name }: EntryPlace): Member | Node | null {
  if (kind === 'map') return findMember(text, container, name) ?? null
  const items = (container as YAMLSeq<Node>).items
  const [found, twin] = items.filter((item) => isMap(item) && item.get('name') === name)
  if (twin) throw new Refusal('duplicate-key', lineOf(text, twin.range?.[0] ?? 0))
  return found ?? null
}

function toValue(node: unknown, doc: Document.Parsed | null): Value {
  if (!node || !doc) return null
  try {
    return plain((node as Node).toJS(doc, { maxAliasCount: 100 }))
  } catch (error) {
    throw new Refusal('unsupported-layout', null, { cause: error })
  }
}

function plain(value: unknown): Value {
  if (typeof value === 'bigint') return Number(value)
  if (Array.isArray(value)) return value.map(plain)
  if (!isTable(value)) return value === undefined ? null : (value as Value)
  const table: Table = Object.create(null)
  for (const [key, item] of Object.entries(value)) table[key] = plain(item)
  return table
}

function readAll(doc: Document.Parsed | null): unknown {
  try {
    return doc?.toJS({ mapAsMap: true, maxAliasCount: 100 }) ?? new Map()
  } catch (error) {
    throw new Refusal('unsupported-layout', null, { cause: error })
  }
}

function canonical(value: unknown, path: string[] | null, kind: EntryPlace['kind']): string | null {
  if (Array.isArray(value)) {
    const ours = (item: unknown) =>
      kind === 'list' && path?.length === 1 && item instanceof Map && item.get('name') === path[0]
    const items = value.filter((item) => !ours(item)).map((item) => canonical(item, null, kind))
    return path && items.length === 0 ? null : `[${items.join()}]`
  }
  if (!(value instanceof Map)) return typeof value === 'bigint' ? String(value) : (JSON.stringify(value) ?? 'null')
  const members = [...value].flatMap(([key, item]) => {
    const onWay = path !== null && key === path[0]
    if (onWay && path.length === 1 && kind === 'map') return []
    const inner = canonical(item, onWay ? path.slice(1) : null, kind)
    return inner === null ? [] : [`${canonical(key, null, kind)}:${inner}`]
  })
  return path && path.length > 0 && members.length === 0 ? null : `{${members.sort().join()}}`
}

// What the lexer puts between pieces of the source: document start, flow error, scalar ahead.
const controls = new Set(['\u0002', '\u0018', '\u001f'])

function listComments(text: string, skip: { start: number; end: number } | null) {
  const found: string[] = []
  let at = 0
  let previous = ''
  for (const token of new Lexer().lex(text)) {
    const control = controls.has(token)
    const inside = skip && at >= skip.start && at < skip.end
    if (token.startsWith('#') && previous !== '\u001f' && !inside) found.push(token)
    if (!control) at += token.length
    previous = token
  }
  return found
}

// Positions

const startOf = (node: Node) => node.range?.[0] ?? 0
const columnIndent = (text: string, offset: number) => ' '.repeat(offset - lineStart(text, offset))

/** Right behind the colon of a pair, or behind the anchor or tag that follows it. */
function colonEnd(pair: Member) {
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
function contentEnd(text: string, item: unknown): number {
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

const isEmpty = (node: Node) => isScalar(node) && node.value === null && !node.source
const lastDash = (node: Node) => {
  const token = node.srcToken
  return token?.type === 'block-seq'
    ? token.items.at(-1)?.start.find(({ type }) => type === 'seq-item-ind')?.offset
    : undefined
}

function dashOf(list: Node, index: number) {
  const token = list.srcToken
  const dash =
    token?.type === 'block-seq' ? token.items[index]?.start.find(({ type }) => type === 'seq-item-ind') : undefined
  if (!dash) throw new Refusal('unsupported-layout')
  return dash.offset
}

/** What is the entry’s own: its whole lines, or its place between the braces. */
function spanOf(text: string, found: Member | Node, flow: boolean) {
  const start = isPair(found) ? startOf((found as Member).key) : startOf(found as Node)
  const end = contentEnd(text, found)
  return flow ? { start, end } : { start: lineStart(text, start), end: lineEnd(text, end) }
}

function findSteps(text: string, doc: Document.Parsed | null, container: Block | null): Steps {
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

const toBraces = (node: Block): Braces => {
  const [start, end] = node.range ?? [0, 0]
  const items = node.items.map((item) => {
    const first = isPair(item) ? (item as Member).key : (item as Node)
    const last = isPair(item) ? ((item as Member).value ?? (item as Member).key) : (item as Node)
    return { start: startOf(first), end: last.range?.[1] ?? 0 }
  })
  return { open: start + 1, close: end - 1, items }
}

// Writing

type Around = { text: string; steps: Steps }
type Spot = { root: Block | null; way: Member[]; container: Block | null; place: EntryPlace }

/** The keys that lead to a new entry, and the entry, as lines. */
function outline(
  place: EntryPlace,
  missing: readonly string[],
  fields: Field[],
  indent: string,
  steps: Steps,
): string[] {
  const [key, ...deeper] = missing
  const isLast = deeper.length === 0
  if (key === undefined) {
    return place.kind === 'list'
      ? renderListItem(toTable(fields), indent, steps)
      : renderPair(place.name, toTable(fields), indent, steps)
  }
  const inner = indent + (isLast && place.kind === 'list' ? steps.list : steps.map)
  return [
    ...renderPair(key, {}, indent, steps).map((line) => line.slice(0, -3)),
    ...outline(place, deeper, fields, inner, steps),
  ]
}

function add({ text, steps }: Around, { root, way, container, place }: Spot, fields: Field[]): Splice[] {
  const parent = container ?? way.at(-1)?.value ?? root
  const missing = place.container.slice(way.length)
  if (!parent) return [linesAt(text, text.length, outline(place, missing, fields, '', steps))]
  const block = parent as Block
  if (block.flow && block.items.length > 0) return [...addFlow(text, block, place, missing, fields)]
  if (block.items.length === 0) {
    const pair = way.at(-1)
    if (!pair) throw new Refusal('unsupported-layout', 1)
    const column = columnIndent(text, startOf(pair.key))
    const indent = column + (place.kind === 'list' && missing.length === 0 ? steps.list : steps.map)
    return swapInline(text, pair, outline(place, missing, fields, indent, steps))
  }
  const at = nextLine(text, contentEnd(text, block))
  if (isSeq(block)) {
    const dash = dashOf(block, 0)
    const first = block.items[0] as Node
    const gap = isMap(first) && !first.flow ? text.slice(dash + 1, startOf(first)) : ' '
    return [
      linesAt(
        text,
        at,
        renderListItem(toTable(fields), columnIndent(text, dash), steps, isBlank(gap) && gap ? gap : ' '),
      ),
    ]
  }
  const indent = columnIndent(text, startOf((block.items[0] as Member).key))
  return [linesAt(text, at, outline(place, missing, fields, indent, steps))]
}

function addFlow(text: string, block: Block, place: EntryPlace, missing: readonly string[], fields: Field[]) {
  if (missing.length > 0) throw new Refusal('unsupported-layout', lineOf(text, startOf(block)))
  const inner = renderFlow(place.kind === 'list' ? toTable(fields) : { [place.name]: toTable(fields) })
  return insertItem(text, toBraces(block), place.kind === 'list' ? inner : inner.slice(1, -1), {
    inline: true,
    blank: ' ',
  })
}

/** Whole lines at the start of a line; the line in front gets its line end if it lacks one. */
function linesAt(text: string, at: number, lines: string[]): Splice {
  const eol = eolOf(text)
  const open = at > 0 && !/[\r\n]/.test(text[at - 1] ?? '')
  return { from: at, to: at, text: (open ? eol : '') + lines.map((line) => line + eol).join('') }
}

/** Takes a value from behind its colon and puts lines below instead. */
function swapInline(text: string, pair: Member, lines: string[]): Splice[] {
  const from = colonEnd(pair)
  const to = pair.value && !isEmpty(pair.value) ? (pair.value.range?.[1] ?? from) : from
  return [{ from, to, text: '' }, linesAt(text, nextLine(text, to), lines)]
}

function set(around: Around, holder: Block, path: string[], value: Value, way: Member[], entry: unknown): Splice[] {
  const { text, steps } = around
  const key = path.at(-1) ?? ''
  if (isAlias(holder)) throw new Refusal('unsupported-layout', lineOf(text, startOf(holder)))
  const pair = findMember(text, holder, key)
  if (pair && holder.flow)
    return [{ from: startOf(pair.value as Node), to: pair.value?.range?.[1] ?? 0, text: renderFlow(value) }]
  if (pair) return replaceValue(around, pair, value)
  if (holder.flow && holder.items.length > 0) {
    return insertItem(text, toBraces(holder), renderFlow({ [key]: value }).slice(1, -1), { inline: true, blank: ' ' })
  }
  const owner = path.length > 1 ? findMember(text, entry as Block, path[0] ?? '') : way.at(-1)
  if (holder.items.length === 0) {
    if (!owner || path.length === 1) throw new Refusal('unsupported-layout', lineOf(text, startOf(holder)))
    return replaceValue(around, owner, { [key]: value })
  }
  const indent = columnIndent(text, startOf((holder.items[0] as Member).key))
  return [linesAt(text, nextLine(text, contentEnd(text, holder)), renderPair(key, value, indent, steps))]
}

function replaceValue({ text, steps }: Around, pair: Member, value: Value): Splice[] {
  const old = pair.value && !isEmpty(pair.value) ? pair.value : null
  const behind = colonEnd(pair)
  const inBlock = isCollection(old) && !old.flow
  const flow = isCollection(old) && old.flow === true && old.items.length > 0
  const inline = flow || isInline(value)
  const rendered = typeof value === 'object' && value !== null ? renderFlow(value) : renderScalar(value)
  if (!inline) {
    const list = Array.isArray(value)
    const own = columnIndent(text, startOf(pair.key)) + (list ? steps.list : steps.map)
    const lines = (indent: string) => renderInside(value, indent, steps)
    if (!inBlock) return swapInline(text, pair, lines(own))
    const first = isSeq(old) ? dashOf(old, 0) : startOf((old.items[0] as Member).key)
    const kept = isSeq(old) === list ? columnIndent(text, first) : own
    return [cutLines(text, first, contentEnd(text, old)), linesAt(text, lineStart(text, first), lines(kept))]
  }
  if (old && !inBlock) return [{ from: skipBlanks(text, behind), to: contentEnd(text, old), text: rendered }]
  const put: Splice = { from: behind, to: behind, text: ` ${rendered}` }
  if (!old || !isCollection(old)) return [put]
  const first = isSeq(old) ? dashOf(old, 0) : startOf((old.items[0] as Member).key)
  return [put, cutLines(text, first, contentEnd(text, old))]
}

const cutLines = (text: string, from: number, to: number): Splice => ({
  from: lineStart(text, from),
  to: nextLine(text, to),
  text: '',
})

function unset(text: string, holder: Block, path: string[], owner: Member | undefined): Splice[] {
  const pair = findMember(text, holder, path.at(-1) ?? '')
  if (!pair || !owner) throw new Refusal('unsupported-layout')
  return remove(text, holder, pair, owner)
}

function remove(text: string, holder: Block, found: Member | Node, owner: Member): Splice[] {
  const index = (holder.items as unknown[]).indexOf(found)
  if (holder.flow) return removeItem(text, toBraces(holder), index)
  const start = isSeq(holder) ? dashOf(holder, index) : startOf((found as Member).key)
  if (!isBlank(text.slice(lineStart(text, start), start))) throw new Refusal('unsupported-layout', lineOf(text, start))
  const cut = cutLines(text, start, contentEnd(text, found))
  if (holder.items.length > 1) return [cut]
  const behind = colonEnd(owner)
  return [{ from: behind, to: behind, text: isSeq(holder) ? ' []' : ' {}' }, cut]
}
