import { type AST, getStaticTOMLValue, ParseError, parseTOML } from 'toml-eslint-parser'
import { insertItem, removeItem } from './braces.ts'
import {
  type EntryPlace,
  type Field,
  type Format,
  isTable,
  type Parsed,
  Refusal,
  type Table,
  type Value,
} from './change.ts'
import {
  eolOf,
  isBlank,
  lineEnd,
  lineOf,
  lineStart,
  nextLine,
  type Splice,
  skipBlanks,
  splice,
  toHint,
} from './text.ts'

/** One `key = value` of the file with the full path it binds, and the table or inline table it stands in. */
type Binding = {
  path: string[]
  node: AST.TOMLKeyValue
  inside: AST.TOMLTable | AST.TOMLTopLevelTable | AST.TOMLInlineTable
}

export const tomlFormat: Format = {
  parse,
  wholeLines: true,
  fresh: (place, fields) => block(place, fields, '\n'),
}

function parse(text: string, place: EntryPlace): Parsed {
  const ast = readProgram(text)
  const path = [...place.container, place.name]
  const root = toPlain(getStaticTOMLValue(ast)) as Table
  const container = valueAt(root, place.container)
  const bindings = listBindings(ast)
  const tables = ast.body[0].body.filter((node) => node.type === 'TOMLTable')
  const blocks = tables.filter((node) => startsWith(node.resolvedKey, path))
  const loose = bindings.filter((binding) => startsWith(binding.path, path) && !isInside(binding.node, blocks))
  const outer = loose.filter(({ node }) => !isInside(node, without(loose, node)))
  const nodes = [...blocks, ...outer.map(({ node }) => node)]
  const line = lineOf(text, Math.min(...nodes.map((node) => node.range[0]), text.length))
  if (container !== undefined && !isTable(container))
    throw new Refusal('container-not-object', findLine(text, ast, place.container))
  const value = container && Object.hasOwn(container, place.name) ? container[place.name] : undefined
  const around = { text, path, bindings, tables }

  return {
    entry: value === undefined ? null : { value, line },
    rest: () => canonical(root, path) ?? '{}',
    comments: () => listComments(text, ast, nodes),
    add: (fields) => add(around, place, fields),
    set: (field, wanted) => set(around, field, wanted),
    unset: (field) => splice(text, unset(around, [...path, ...field])),
    replace: () => {
      throw new Refusal('unsupported-layout', line)
    },
    remove: () => remove(text, blocks, outer, { depth: path.length, line }),
  }
}

function readProgram(text: string) {
  try {
    return parseTOML(text)
  } catch (error) {
    if (error instanceof ParseError) {
      const twice = error.message.includes('multiple times')
      throw new Refusal(twice ? 'duplicate-key' : 'invalid-syntax', error.lineNumber, {
        cause: error,
        hint: twice ? undefined : toHint(error.message),
      })
    }
    if (error instanceof RangeError) throw new Refusal('too-deep', null, { cause: error })
    throw error
  }
}

const isInside = (node: AST.TOMLNode, holders: AST.TOMLNode[]) =>
  holders.some((holder) => node.range[0] >= holder.range[0] && node.range[1] <= holder.range[1])
const without = (bindings: Binding[], node: AST.TOMLNode) =>
  bindings.filter((binding) => binding.node !== node).map((binding) => binding.node)

function findLine(text: string, ast: AST.TOMLProgram, path: readonly string[]) {
  const nodes = ast.body[0].body
  const found = nodes.find((node) => startsWith(node.type === 'TOMLTable' ? node.resolvedKey : keysOf(node.key), path))
  return found ? lineOf(text, found.range[0]) : null
}

const keysOf = (key: AST.TOMLKey) => key.keys.map((part) => (part.type === 'TOMLBare' ? part.name : part.value))
const startsWith = (path: readonly (string | number)[], start: readonly (string | number)[]) =>
  start.length <= path.length && start.every((key, index) => path[index] === key)

function listBindings(ast: AST.TOMLProgram): Binding[] {
  const found: Binding[] = []
  const visit = (node: AST.TOMLKeyValue, inside: Binding['inside'], above: (string | number)[]) => {
    const path = [...above, ...keysOf(node.key)]
    if (path.some((key) => typeof key === 'number')) return
    found.push({ path: path as string[], node, inside })
    if (node.value.type !== 'TOMLInlineTable') return
    for (const child of node.value.body) visit(child, node.value, path)
  }
  const top = ast.body[0]
  for (const node of top.body) {
    if (node.type === 'TOMLKeyValue') visit(node, top, [])
    else for (const child of node.body) visit(child, node, node.resolvedKey)
  }
  return found
}

function valueAt(root: Table, path: readonly string[]): Value | undefined {
  let value: Value | undefined = root
  for (const key of path) value = isTable(value) && Object.hasOwn(value, key) ? value[key] : undefined
  return value
}

/** Dates and big integers as text: they are compared, never written. */
function toPlain(value: unknown): Value {
  if (Array.isArray(value)) return value.map((item) => toPlain(item))
  if (value instanceof Date || typeof value === 'bigint') return String(value)
  if (!isTable(value)) return value as Value
  const table: Table = Object.create(null)
  for (const [key, item] of Object.entries(value)) table[key] = toPlain(item)
  return table
}

function canonical(value: Value, path: string[] | null): string | null {
  if (Array.isArray(value)) return `[${value.map((item) => canonical(item, null)).join()}]`
  if (!isTable(value)) return Object.is(value, -0) ? '-0' : (JSON.stringify(value) ?? String(value))
  const members = Object.keys(value)
    .sort()
    .flatMap((key) => {
      const onWay = path?.[0] === key
      if (onWay && path.length === 1) return []
      const inner = canonical(value[key] as Value, onWay ? path.slice(1) : null)
      return onWay && (inner === '{}' || inner === null) ? [] : [`${JSON.stringify(key)}:${inner}`]
    })
  return `{${members.join()}}`
}

const listComments = (text: string, ast: AST.TOMLProgram, skip: AST.TOMLNode[]) =>
  ast.comments
    .filter(({ range }) => !skip.some((node) => range[0] >= node.range[0] && range[0] < lineEnd(text, node.range[1])))
    .map(({ range }) => text.slice(range[0], range[1]))

// Writing

const bare = /^[A-Za-z0-9_-]+$/
const renderKey = (key: string) => (bare.test(key) ? key : renderString(key))
const renderString = (value: string) => JSON.stringify(value).replaceAll('\u007f', '\\u007F')

function render(value: Value): string {
  if (typeof value === 'string') return renderString(value)
  if (Array.isArray(value)) return `[${value.map(render).join(', ')}]`
  if (!isTable(value)) return String(value)
  const members = Object.entries(value).map(([key, item]) => `${renderKey(key)} = ${render(item)}`)
  return members.length === 0 ? '{}' : `{ ${members.join(', ')} }`
}

const block = ({ container, name }: EntryPlace, fields: Field[], eol: string) =>
  [
    `[${[...container, name].map(renderKey).join('.')}]`,
    ...fields.map(({ key, value }) => `${renderKey(key)} = ${render(value)}`),
    '',
  ].join(eol)

type Around = { text: string; path: string[]; bindings: Binding[]; tables: AST.TOMLTable[] }

function add({ text, bindings }: Around, place: EntryPlace, fields: Field[]) {
  const eol = eolOf(text)
  const inline = bindings.find(
    ({ path, node }) => node.value.type === 'TOMLInlineTable' && startsWith(place.container, path),
  )
  if (inline) {
    const table = bindings.findLast(
      ({ path, node }) => node.value.type === 'TOMLInlineTable' && startsWith(place.container, path),
    )
    if (!table || table.path.length !== place.container.length)
      throw new Refusal('unsupported-layout', lineOf(text, inline.node.range[0]))
    const entry = Object.fromEntries(fields.map(({ key, value }) => [key, value]))
    return splice(
      text,
      insertInline(text, table.node.value as AST.TOMLInlineTable, `${renderKey(place.name)} = ${render(entry)}`),
    )
  }
  const end = /[\r\n]$/.test(text) ? '' : eol
  return text + end + eol + block(place, fields, eol)
}

const toBraces = (table: AST.TOMLInlineTable) => ({
  open: table.range[0] + 1,
  close: table.range[1] - 1,
  items: table.body.map(({ range }) => ({ start: range[0], end: range[1] })),
})
const insertInline = (text: string, table: AST.TOMLInlineTable, item: string): Splice[] =>
  table.body.length === 0
    ? [{ from: table.range[0], to: table.range[1], text: `{ ${item} }` }]
    : insertItem(text, toBraces(table), item, { inline: true, blank: ' ' })

function set({ text, path, bindings, tables }: Around, field: string[], value: Value) {
  const full = [...path, ...field]
  const found = bindings.find((binding) => isPath(binding.path, full))
  if (found)
    return splice(text, [{ from: found.node.value.range[0], to: found.node.value.range[1], text: render(value) }])
  // Next to its siblings: in their inline table, or on a line of its own behind the last of them.
  const parent = full.slice(0, -1)
  const inline = bindings.find((binding) => isPath(binding.path, parent))?.node.value
  if (inline?.type === 'TOMLInlineTable') {
    return splice(text, insertInline(text, inline, `${renderKey(full.at(-1) ?? '')} = ${render(value)}`))
  }
  const table = tables.find((node) => isPath(node.resolvedKey, parent))
  const last = table ? table.body.at(-1) : bindings.findLast((binding) => startsWith(binding.path, parent))?.node
  const anchor = last ?? table
  if (!anchor) throw new Refusal('unsupported-layout')
  const base = table ? parent : baseOf(bindings, last)
  if (base.length > parent.length) throw new Refusal('unsupported-layout', lineOf(text, anchor.range[0]))
  const key = full.slice(base.length).map(renderKey).join('.')
  const indent = last ? text.slice(lineStart(text, last.range[0]), last.range[0]) : ''
  return splice(text, [
    newLineAfter(text, anchor.range[1], `${isBlank(indent) ? indent : ''}${key} = ${render(value)}`),
  ])
}

const isPath = (a: readonly (string | number)[], b: readonly string[]) => a.length === b.length && startsWith(a, b)
const baseOf = (bindings: Binding[], node: AST.TOMLKeyValue | undefined) => {
  const binding = bindings.find((candidate) => candidate.node === node)
  return binding ? binding.path.slice(0, binding.path.length - keysOf(binding.node.key).length) : []
}

function newLineAfter(text: string, offset: number, line: string): Splice {
  const eol = eolOf(text)
  const next = nextLine(text, offset)
  const closed = next > lineEnd(text, offset)
  return { from: next, to: next, text: closed ? line + eol : eol + line }
}

function unset({ text, bindings }: Around, full: string[]): Splice[] {
  const found = bindings.find((binding) => isPath(binding.path, full))
  if (!found) throw new Refusal('unsupported-layout')
  return cutBinding(text, found)
}

function cutBinding(text: string, { node, inside }: Binding): Splice[] {
  if (inside.type === 'TOMLInlineTable') return removeItem(text, toBraces(inside), inside.body.indexOf(node))
  const end = lineEnd(text, node.range[1])
  const comment = !isBlank(text.slice(node.range[1], end))
  const [from, to] = comment
    ? [node.range[0], skipBlanks(text, node.range[1])]
    : [lineStart(text, node.range[0]), nextLine(text, end)]
  return [{ from, to, text: '' }]
}

type At = { depth: number; line: number }

function remove(text: string, blocks: AST.TOMLTable[], outer: Binding[], { depth, line }: At) {
  if (blocks.some((node) => typeof node.resolvedKey[depth] === 'number')) throw new Refusal('unsupported-layout', line)
  if (new Set(outer.map(({ inside }) => inside)).size < outer.length && outer.some(isInline)) {
    throw new Refusal('unsupported-layout', line)
  }
  const spans = blocks.map((node) => {
    const last = node.body.at(-1) ?? node
    return { from: lineStart(text, node.range[0]), to: nextLine(text, last.range[1]) }
  })
  return splice(text, [...spreadOverBlankLines(text, spans), ...outer.flatMap((binding) => cutBinding(text, binding))])
}
const isInline = ({ inside }: Binding) => inside.type === 'TOMLInlineTable'

/** Each removed block takes the blank lines behind it along; one that ends the file takes those in front. */
function spreadOverBlankLines(text: string, spans: { from: number; to: number }[]): Splice[] {
  const edits: Splice[] = []
  for (const { from, to } of spans.sort((a, b) => a.from - b.from)) {
    let end = to
    while (end < text.length && isBlank(text.slice(end, lineEnd(text, end)))) end = nextLine(text, end)
    const last = edits.at(-1)
    if (last?.to === from) last.to = end
    else edits.push({ from, to: end, text: '' })
  }
  const last = edits.at(-1)
  while (last?.to === text.length && last.from > 0) {
    const above = lineStart(text, last.from - 1 - (text.startsWith('\r\n', last.from - 2) ? 1 : 0))
    if (!isBlank(text.slice(above, lineEnd(text, above)))) break
    last.from = above
  }
  return edits
}
