import {
  type Document,
  isMap,
  isScalar,
  isSeq,
  Lexer,
  type Node,
  type Pair,
  parseAllDocuments,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml'
import { type EntryPlace, isTable, Refusal, type Table, type Value } from './change.ts'
import { lineOf, toHint } from './text.ts'

export type Block = YAMLMap<Node, Node | null> | YAMLSeq<Node>
export type Member = Pair<Node, Node | null>

export function readDocument(text: string): Document.Parsed | null {
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
  if (error)
    throw new Refusal('invalid-syntax', lineOf(text, error.pos[0]), { cause: error, hint: toHint(error.message) })
  return docs[0] ?? null
}

export function findRoot(text: string, doc: Document.Parsed | null): YAMLMap<Node, Node | null> | null {
  const contents = doc?.contents ?? null
  if (contents === null || (isScalar(contents) && contents.value === null && !contents.source)) return null
  if (!isMap(contents)) throw new Refusal('root-not-object', lineOf(text, contents.range?.[0] ?? 0))
  return contents as YAMLMap<Node, Node | null>
}

export function findMember(text: string, map: Block | null, key: string): Member | undefined {
  if (!isMap(map)) return undefined
  const [found, twin] = map.items.filter((pair) => isScalar(pair.key) && pair.key.value === key) as Member[]
  if (twin) throw new Refusal('duplicate-key', lineOf(text, twin.key.range?.[0] ?? 0))
  return found
}

/** The pairs that lead to the container, as far as they exist. */
export function findWay(text: string, root: Block | null, path: readonly string[]) {
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

export function containerOf(text: string, { kind }: EntryPlace, way: Member[]): Block {
  const pair = way.at(-1)
  const value = pair?.value ?? null
  if (kind === 'map' ? isMap(value) : isSeq(value)) return value as Block
  throw new Refusal('container-not-object', lineOf(text, pair?.key.range?.[0] ?? 0))
}

export function findEntry(text: string, container: Block, { kind, name }: EntryPlace): Member | Node | null {
  if (kind === 'map') return findMember(text, container, name) ?? null
  const items = (container as YAMLSeq<Node>).items
  const [found, twin] = items.filter((item) => isMap(item) && item.get('name') === name)
  if (twin) throw new Refusal('duplicate-key', lineOf(text, twin.range?.[0] ?? 0))
  return found ?? null
}

export function toValue(node: unknown, doc: Document.Parsed | null): Value {
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

export function readAll(doc: Document.Parsed | null): unknown {
  try {
    return doc?.toJS({ mapAsMap: true, maxAliasCount: 100 }) ?? new Map()
  } catch (error) {
    throw new Refusal('unsupported-layout', null, { cause: error })
  }
}

export function canonical(value: unknown, path: string[] | null, kind: EntryPlace['kind']): string | null {
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

export function listComments(text: string, skip: { start: number; end: number } | null) {
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
