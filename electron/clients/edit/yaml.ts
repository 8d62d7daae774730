import { isAlias, isCollection, isMap, isPair, isSeq, type Node } from 'yaml'
import { insertItem, removeItem } from './braces.ts'
import { type EntryPlace, type Field, type Format, type Parsed, Refusal, toTable, type Value } from './change.ts'
import { isBlank, lineOf, lineStart, nextLine, type Splice, skipBlanks, splice } from './text.ts'
import {
  colonEnd,
  columnIndent,
  contentEnd,
  cutLines,
  dashOf,
  findSteps,
  isEmpty,
  linesAt,
  spanOf,
  startOf,
  toBraces,
} from './yaml-layout.ts'
import {
  type Block,
  canonical,
  containerOf,
  findEntry,
  findMember,
  findRoot,
  findWay,
  listComments,
  type Member,
  readAll,
  readDocument,
  toValue,
} from './yaml-read.ts'
import {
  isInline,
  renderFlow,
  renderInside,
  renderListItem,
  renderPair,
  renderScalar,
  type Steps,
} from './yaml-text.ts'

export const yamlFormat: Format = {
  parse,
  wholeLines: true,
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
