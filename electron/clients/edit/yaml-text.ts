import { parse } from 'yaml'
import { isTable, type Table, type Value } from './change.ts'

/** Indents of new lines: of a nested map, and of a list below its key. */
export type Steps = { map: string; list: string }

/** Plain where every YAML reads it back as the same text, YAML 1.1 with its `yes`, `on` and `12:30` included. */
export function renderScalar(value: Value, { flow = false } = {}): string {
  if (typeof value !== 'string') return String(value)
  const probes = flow ? [`[${value}]`, `{k: ${value}}`] : [`k: ${value}`, `- ${value}`]
  return isPlain(value, probes) ? value : quote(value)
}

const renderKey = (key: string, flow = false) =>
  isPlain(key, flow ? [`{${key}: 1}`] : [`${key}: 1`]) ? key : quote(key)

const quote = (value: string) =>
  JSON.stringify(value).replace(
    /[\u007f-\u009f\u2028\u2029\ufeff]/g,
    (mark) => `\\u${mark.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )

function isPlain(value: string, probes: string[]) {
  if (value === '' || /[\p{Cc}\u2028\u2029\ufeff]/u.test(value)) return false
  return (['1.2', '1.1'] as const).every((version) => probes.every((probe) => readsBack(probe, value, version)))
}

function readsBack(probe: string, value: string, version: '1.1' | '1.2') {
  try {
    const read: unknown = parse(probe, { version, logLevel: 'silent' })
    if (Array.isArray(read)) return read.length === 1 && read[0] === value
    if (!isTable(read)) return false
    const [entry, ...more] = Object.entries(read)
    return more.length === 0 && (entry?.[1] === value || (entry?.[0] === value && entry[1] === 1))
  } catch {
    return false
  }
}

export const isInline = (value: Value) =>
  typeof value !== 'object' ||
  value === null ||
  (Array.isArray(value) ? value.length === 0 : Object.keys(value).length === 0)

export function renderFlow(value: Value): string {
  if (Array.isArray(value)) return `[${value.map(renderFlow).join(', ')}]`
  if (!isTable(value)) return renderScalar(value, { flow: true })
  const members = Object.entries(value).map(([key, item]) => `${renderKey(key, true)}: ${renderFlow(item)}`)
  return members.length === 0 ? '{}' : `{${members.join(', ')}}`
}

/** One `key: value`, over as many lines as it takes. */
export function renderPair(key: string, value: Value, indent: string, steps: Steps): string[] {
  const lead = `${indent}${renderKey(key)}:`
  if (isInline(value))
    return [`${lead} ${isTable(value) || Array.isArray(value) ? renderFlow(value) : renderScalar(value)}`]
  return [lead, ...renderInside(value, indent + (Array.isArray(value) ? steps.list : steps.map), steps)]
}

/** The lines of a list or a map that is not empty. */
export function renderInside(value: Value, indent: string, steps: Steps): string[] {
  if (Array.isArray(value)) {
    return value.map(
      (item) => `${indent}- ${typeof item === 'object' && item !== null ? renderFlow(item) : renderScalar(item)}`,
    )
  }
  return isTable(value) ? Object.entries(value).flatMap(([key, item]) => renderPair(key, item, indent, steps)) : []
}

/** A map as an item of a list: its first line carries the dash. */
export function renderListItem(table: Table, indent: string, steps: Steps, gap = ' '): string[] {
  const inner = `${indent} ${gap}`
  return renderInside(table, inner, steps).map((line, index) =>
    index === 0 ? `${indent}-${gap}${line.slice(inner.length)}` : line,
  )
}
