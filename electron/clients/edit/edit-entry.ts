import {
  type Change,
  type EntryPlace,
  type Field,
  type Format,
  isTable,
  type Outcome,
  type Parsed,
  Refusal,
  type Table,
  type Value,
} from './change.ts'
import { tailOf } from './text.ts'

type Target = { format: Format; place: EntryPlace }

/** How our entry stands in a text: `ours` is what we wrote last, though no longer what we want. */
export type Standing = { state: 'absent' | 'wanted' | 'ours' | 'drift' | 'conflict'; line: number | null }

/**
 * Changes one entry in the text of a config file and nothing else. Decides first (a name we never wrote is a conflict,
 * an entry a person edited is drift), then edits by position, then reads the result back: were anything but our entry
 * different, or a comment gone, the edit would be refused.
 */
export function editEntry(text: string | null, { format, place }: Target, change: Change): Outcome {
  try {
    if (text === null || text.trim() === '') return createFile({ format, place }, change)
    const before = format.parse(text, place)
    const blocked = findObstacle(before, change)
    if (blocked) return blocked
    if (change.op === 'remove')
      return { result: 'written', text: remove(text, before, { format, place }, change), added: false }
    const after = put({ format, place }, text, before, change)
    verify(before, readBack(after, { format, place }), change)
    return { result: 'written', text: after, added: before.entry === null }
  } catch (error) {
    if (error instanceof Refusal) return { result: 'refused', reason: error.reason, line: error.line, hint: error.hint }
    throw error
  }
}

/** Tells how the entry stands, without changing anything; throws a Refusal for a file that cannot be understood. */
export function readStanding(
  text: string | null,
  { format, place }: Target,
  { wanted, previous }: { wanted: Field[] | null; previous: Field[] | null },
): Standing {
  if (text === null || text.trim() === '') return { state: 'absent', line: null }
  const { entry } = format.parse(text, place)
  if (!entry) return { state: 'absent', line: null }
  if (wanted && isEqual(entry.value, wanted, previous)) return { state: 'wanted', line: entry.line }
  if (!previous) return { state: 'conflict', line: entry.line }
  return { state: isEqual(entry.value, previous, wanted) ? 'ours' : 'drift', line: entry.line }
}

function remove(text: string, before: Parsed, target: Target, change: Change & { op: 'remove' }) {
  const after = before.remove()
  const content = after.slice(0, after.length - tailOf(after).length)
  // Our entry ended the file, and took blank lines of the person’s along.
  const ended = text.startsWith(content) || lastLine(text) !== lastLine(after)
  const whole = target.format.wholeLines && change.tail !== undefined && ended ? content + change.tail : after
  if (whole !== after && isAsMeant(before, whole, target, change)) return whole
  verify(before, readBack(after, target), change)
  return after
}

const lastLine = (text: string) =>
  text
    .trimEnd()
    .split(/[\r\n]/)
    .at(-1)

function isAsMeant(before: Parsed, after: string, target: Target, change: Change) {
  try {
    verify(before, readBack(after, target), change)
    return true
  } catch (error) {
    if (error instanceof Refusal) return false
    throw error
  }
}

function createFile({ format, place }: Target, change: Change): Outcome {
  if (change.op === 'remove') return { result: 'unchanged' }
  return { result: 'written', text: format.fresh(place, change.wanted), added: true }
}

function findObstacle({ entry }: Parsed, change: Change): Outcome | null {
  const wanted = change.op === 'put' ? change.wanted : null
  if (!entry) return wanted ? null : { result: 'unchanged' }
  if (wanted && isEqual(entry.value, wanted, change.previous)) return { result: 'unchanged' }
  if (!change.previous) return { result: 'conflict', line: entry.line }
  const drifted = !isEqual(entry.value, change.previous, wanted)
  return drifted && change.onDrift === 'report' ? { result: 'drift', line: entry.line } : null
}

function put({ format, place }: Target, text: string, before: Parsed, change: Change & { op: 'put' }) {
  if (!before.entry) return before.add(change.wanted)
  if (!isTable(before.entry.value)) return before.replace(change.wanted)
  let result = text
  for (const { path, value } of listSteps(before.entry.value, change)) {
    const parsed = format.parse(result, place)
    result = value === undefined ? parsed.unset(path) : parsed.set(path, value)
  }
  return result
}

type Step = { path: string[]; value: Value | undefined }

function listSteps(current: Table, { wanted, previous }: Change & { op: 'put' }): Step[] {
  const steps: Step[] = []
  for (const { key, value } of ownFields(wanted)) {
    if (!isSame(own(current, key), value)) steps.push({ path: [key], value })
  }
  const targets = mergedOf(wanted)
  const names = new Map(mergedOf(previous ?? []))
  for (const [field, variables] of targets) names.set(field, { ...names.get(field), ...variables })
  for (const [field, all] of names) {
    const variables = targets.get(field) ?? {}
    const present = own(current, field)
    if (!isTable(present)) {
      if (targets.has(field)) steps.push({ path: [field], value: variables })
      continue
    }
    for (const name of Object.keys(all)) {
      const value = own(variables, name)
      if (!isSame(own(present, name), value)) steps.push({ path: [field, name], value })
    }
  }
  return steps
}

/** Equal by value in every field of ours; of a merged field only the variables we write or wrote are looked at. */
function isEqual(current: Value, fields: Field[], others: Field[] | null) {
  if (!isTable(current)) return false
  if (!ownFields(fields).every(({ key, value }) => isSame(own(current, key), value))) return false
  const targets = mergedOf(fields)
  const known = mergedOf(others ?? [])
  return [...new Set([...targets.keys(), ...known.keys()])].every((field) => {
    const present = own(current, field)
    const variables = targets.get(field) ?? {}
    const names = Object.keys({ ...known.get(field), ...variables })
    return names.every((name) => isSame(isTable(present) ? own(present, name) : undefined, own(variables, name)))
  })
}

const ownFields = (fields: Field[]) => fields.filter(({ kept, merged }) => !kept && !merged)
const mergedOf = (fields: Field[]) =>
  new Map(fields.flatMap(({ key, value, merged }) => (merged && isTable(value) ? [[key, value] as const] : [])))
const own = (table: Table, key: string): Value | undefined => (Object.hasOwn(table, key) ? table[key] : undefined)

export function isSame(a: unknown, b: unknown): boolean {
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((item, i) => isSame(item, b[i]))
  if (!isTable(a) || !isTable(b)) return a === b
  const keys = Object.keys(a)
  return keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && isSame(a[key], b[key]))
}

function readBack(text: string, { format, place }: Target) {
  try {
    return format.parse(text, place)
  } catch (error) {
    throw error instanceof Refusal ? new Refusal('unsafe-edit', error.line, { cause: error }) : error
  }
}

function verify(before: Parsed, after: Parsed, change: Change) {
  const entry = after.entry?.value
  const done =
    change.op === 'remove' ? entry === undefined : entry !== undefined && isEqual(entry, change.wanted, change.previous)
  const kept = before.rest() === after.rest() && isSame(before.comments(), after.comments())
  if (!done || !kept) throw new Refusal('unsafe-edit', before.entry?.line ?? null)
}
