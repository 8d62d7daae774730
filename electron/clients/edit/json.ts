import { type Node, type ParseError, parseTree, stripComments } from 'jsonc-parser'
import { type Braces, findComments, insertItem, removeItem, type Seat } from './braces.ts'
import { type EntryPlace, type Field, type Format, type Parsed, Refusal, toTable, type Value } from './change.ts'
import { describeError } from './json-errors.ts'
import { eolOf, hasEol, indentAt, lineOf, type Splice, splice, startsLine } from './text.ts'

type Dialect = { comments: boolean; trailingCommas: boolean }
type ObjectNode = Node & { children: Node[] }

/** JSON in its three strengths. A text the client itself would refuse is refused here too. */
export const createJsonFormat = (dialect: Dialect): Format => ({
  parse: (text, place) => parse(text, place, dialect),
  fresh: (place, fields) => `${render(nest([...place.container, place.name], toTable(fields)), freshLayout)}\n`,
})
const freshLayout = { inline: false, indent: '', unit: '  ', eol: '\n' } as const

function parse(text: string, place: EntryPlace, dialect: Dialect): Parsed {
  const root = readTree(text, dialect)
  if (root.type !== 'object') throw new Refusal('root-not-object', lineOf(text, root.offset))
  const holders = findHolders(text, root as ObjectNode, place.container)
  const full = holders.length === place.container.length + 1
  const parent = holders.at(-1) ?? (root as ObjectNode)
  const property = full ? findProperty(text, parent, place.name) : undefined
  const entry = property?.children?.[1]
  const ends = property && { start: property.offset, end: endOf(property) }

  const put = (object: ObjectNode, key: string, value: Value) =>
    splice(text, insertMember(text, root as ObjectNode, object, key, value))
  const holderOf = (path: string[]) =>
    (path.length === 1 ? entry : entry && findValue(entry, path[0] ?? '')) as ObjectNode

  return {
    entry: property && entry ? { value: toValue(entry), line: lineOf(text, property.offset) } : null,
    rest: () => canonical(text, root, [...place.container, place.name]),
    comments: () => listComments(text, root as ObjectNode, ends),
    add(fields) {
      const missing = [...place.container.slice(holders.length - 1), place.name]
      return put(parent, missing[0] ?? '', toTableAt(missing.slice(1), fields))
    },
    set(path, value) {
      const holder = holderOf(path)
      const key = path.at(-1) ?? ''
      const node = findValue(holder, key)
      if (!node) return put(holder, key, value)
      const unit = stepOf(text, entry) ?? unitOf(text, root as ObjectNode, parent)
      return splice(text, [replaceValue(text, holder, node, value, unit)])
    },
    unset(path) {
      const holder = holderOf(path)
      return splice(text, removeItem(text, toBraces(holder), indexOf(holder, path.at(-1) ?? '')))
    },
    replace: (fields) =>
      splice(
        text,
        entry ? [replaceValue(text, parent, entry, toTable(fields), unitOf(text, root as ObjectNode, parent))] : [],
      ),
    remove: () => splice(text, removeItem(text, toBraces(parent), indexOf(parent, place.name))),
  }
}

/** A whole text by value. A key that stands twice in one object is refused: nobody could say which one counts. */
export function readJson(text: string, dialect: Dialect): Value {
  const root = readTree(text, dialect)
  const refuseTwins = (node: Node) => {
    if (node.type === 'object')
      for (const child of node.children ?? [])
        findProperty(text, node as ObjectNode, String(child.children?.[0]?.value))
    for (const child of node.children ?? []) refuseTwins(child)
  }
  refuseTwins(root)
  return JSON.parse(JSON.stringify(toValue(root)))
}

function readTree(text: string, { comments, trailingCommas }: Dialect): Node {
  const errors: ParseError[] = []
  let root: Node | undefined
  try {
    root = parseTree(text, errors, { disallowComments: !comments, allowTrailingComma: trailingCommas })
    const first = errors[0]
    if (first) throw new Refusal('invalid-syntax', lineOf(text, first.offset), { hint: describeError(text, first) })
    // A second opinion where one can be had: what the client’s own `JSON.parse` says is what counts.
    if (!trailingCommas) JSON.parse(comments ? stripComments(text, ' ') : text)
  } catch (error) {
    if (error instanceof RangeError) throw new Refusal('too-deep', null, { cause: error })
    throw error instanceof Refusal ? error : new Refusal('invalid-syntax', null, { cause: error })
  }
  if (!root) throw new Refusal('invalid-syntax', 1)
  return root
}

/** The objects on the way to the container, as far as they exist: the root first. */
function findHolders(text: string, root: ObjectNode, path: readonly string[]) {
  const holders = [root]
  for (const key of path) {
    const value = findProperty(text, holders.at(-1) ?? root, key)?.children?.[1]
    if (!value) break
    if (value.type !== 'object') throw new Refusal('container-not-object', lineOf(text, value.offset))
    holders.push(value as ObjectNode)
  }
  return holders
}

function findProperty(text: string, object: ObjectNode, key: string) {
  const [found, twin] = (object.children ?? []).filter((property) => property.children?.[0]?.value === key)
  if (twin) throw new Refusal('duplicate-key', lineOf(text, twin.offset))
  return found
}
const indexOf = (object: ObjectNode, key: string) =>
  (object.children ?? []).findIndex((property) => property.children?.[0]?.value === key)
const findValue = (object: Node, key: string) => object.children?.[indexOf(object as ObjectNode, key)]?.children?.[1]

const endOf = (node: Node) => node.offset + node.length
const toBraces = (node: Node): Braces => ({
  open: node.offset + 1,
  close: endOf(node) - 1,
  items: (node.children ?? []).map((child) => ({ start: child.offset, end: endOf(child) })),
})

/** Plain values; an object twice-keyed keeps its last value, as `JSON.parse` does. */
function toValue(node: Node): Value {
  if (node.type === 'array') return (node.children ?? []).map(toValue)
  if (node.type !== 'object') return node.value as Value
  const table: Record<string, Value> = Object.create(null)
  for (const { children } of node.children ?? [])
    if (children?.[1]) table[String(children[0]?.value)] = toValue(children[1])
  return table
}

/** The whole text by value, numbers as written, without the entry at `path` and without containers that it leaves empty. */
function canonical(text: string, node: Node, path: string[] | null): string {
  if (node.type === 'array') return `[${(node.children ?? []).map((child) => canonical(text, child, null)).join()}]`
  if (node.type !== 'object')
    return node.type === 'number' ? text.slice(node.offset, endOf(node)) : JSON.stringify(node.value)
  const members = (node.children ?? []).flatMap(({ children }) => {
    const [key, value] = children ?? []
    if (!key || !value) return []
    const onWay = path !== null && key.value === path[0]
    if (onWay && path.length === 1) return []
    const inner = canonical(text, value, onWay ? path.slice(1) : null)
    return onWay && inner === '{}' ? [] : [`${JSON.stringify(key.value)}:${inner}`]
  })
  return `{${members.join()}}`
}

function listComments(text: string, root: ObjectNode, skip: { start: number; end: number } | undefined) {
  const found: string[] = []
  const visit = (braces: Braces, children: Node[]) => {
    for (const { start, end } of findComments(text, braces)) {
      if (!skip || start < skip.start || end > skip.end) found.push(text.slice(start, end))
    }
    for (const child of children) {
      if (child.type === 'object' || child.type === 'array') visit(toBraces(child), child.children ?? [])
      else if (child.type === 'property') {
        const [key, value] = child.children ?? []
        if (key && value) visit({ open: endOf(key), close: value.offset, items: [] }, [value])
      }
    }
  }
  const around: Braces = { open: 0, close: text.length, items: [{ start: root.offset, end: endOf(root) }] }
  visit(around, [root])
  return found.sort()
}

type Layout = { inline: true; blank: string } | { inline: false; indent: string; unit: string; eol: string }

function render(value: Value, layout: Layout): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const isList = Array.isArray(value)
  const [open, close] = isList ? '[]' : '{}'
  const inner = layout.inline ? layout : { ...layout, indent: layout.indent + layout.unit }
  const colon = layout.inline ? `:${layout.blank}` : ': '
  const items = isList
    ? value.map((item) => render(item, inner))
    : Object.entries(value).map(([key, item]) => JSON.stringify(key) + colon + render(item, inner))
  if (items.length === 0) return `${open}${close}`
  if (layout.inline) return open + items.join(`,${layout.blank}`) + close
  const lead = layout.eol + layout.indent
  return open + items.map((item) => lead + layout.unit + item).join(',') + lead + close
}

const nest = (path: string[], value: Value): Value => path.reduceRight<Value>((inner, key) => ({ [key]: inner }), value)
const toTableAt = (path: string[], fields: Field[]) => nest(path, toTable(fields))

function insertMember(text: string, root: ObjectNode, object: ObjectNode, key: string, value: Value): Splice[] {
  const braces = toBraces(object)
  const first = braces.items[0]
  const own = text.slice(object.offset, endOf(object))
  const inline = !hasEol(first ? own : text.trim())
  const unit = unitOf(text, root, object)
  const layout: Layout = inline
    ? { inline, blank: blankAfterColon(text, first ? object : root) }
    : { inline, unit, eol: eolOf(text), indent: memberIndent(text, object, unit) }
  const seat: Seat = layout.inline ? layout : { ...layout, base: indentAt(text, object.offset) }
  const item = `${JSON.stringify(key)}:${layout.inline ? layout.blank : ' '}${render(value, layout)}`
  return insertItem(text, braces, item, seat)
}

function memberIndent(text: string, object: ObjectNode, unit: string) {
  const first = (object.children ?? []).find((child) => startsLine(text, child.offset))
  return first ? indentAt(text, first.offset) : indentAt(text, object.offset) + unit
}

function blankAfterColon(text: string, object: ObjectNode) {
  const key = object.children?.[0]?.children?.[0]
  if (!key) return ''
  const colon = text.indexOf(':', endOf(key))
  return /[ \t]/.test(text[colon + 1] ?? '') ? ' ' : ''
}

/** The step of one level: as a sibling has it, else as the root’s members are indented, else two spaces. */
function unitOf(text: string, root: ObjectNode, object: ObjectNode) {
  for (const child of object.children ?? []) {
    const step = stepOf(text, child.children?.[1])
    if (step) return step
  }
  const first = root.children?.[0]
  return (first && startsLine(text, first.offset) && indentAt(text, first.offset)) || '  '
}

function stepOf(text: string, object: Node | undefined) {
  const first = object?.type === 'object' ? object.children?.[0] : undefined
  if (!object || !first || !startsLine(text, first.offset)) return null
  const outer = indentAt(text, object.offset)
  const inner = indentAt(text, first.offset)
  return inner.startsWith(outer) && inner.length > outer.length ? inner.slice(outer.length) : null
}

function replaceValue(text: string, holder: ObjectNode, node: Node, value: Value, unit: string): Splice {
  const inline = !hasEol(text.slice(holder.offset, endOf(holder)))
  const layout: Layout = inline
    ? { inline, blank: blankAfterColon(text, holder) }
    : { inline, unit, eol: eolOf(text), indent: indentAt(text, (node.parent ?? node).offset) }
  return { from: node.offset, to: endOf(node), text: render(value, layout) }
}
