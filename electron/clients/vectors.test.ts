import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { editEntry } from './edit/edit-entry.ts'
import { decode } from './edit/text.ts'
import { formats } from './formats.ts'
import { shapes, toFields, type Wanted } from './shapes.ts'

type Vector = {
  id: string
  client: keyof typeof shapes
  format: keyof typeof formats
  note: string
  before: string | null
  change: { op: 'add' | 'update' | 'remove'; server: Wanted; previous: Wanted | null; on_drift: 'report' | 'overwrite' }
  expect: { result: string; after?: string }
}
const folder = join(import.meta.dirname, 'vectors')
const readJson = (path: string) => JSON.parse(readFileSync(join(folder, path), 'utf8'))
const index: { id: string }[] = readJson('index.json')

function run({ client, format, change }: Vector, text: string | null, op = change.op, previous = change.previous) {
  const shape = shapes[client]
  const target = { format: formats[format], place: { ...shape.place, name: change.server.name } }
  const before = previous && toFields(shape, previous)
  const { on_drift: onDrift } = change
  if (op === 'remove') return editEntry(text, target, { op, previous: before, onDrift })
  return editEntry(text, target, { op: 'put', wanted: toFields(shape, change.server), previous: before, onDrift })
}

describe('the vectors', () => {
  test.each(index)('$id', ({ id }) => {
    const vector: Vector = readJson(`${id}/vector.json`)
    const load = (name: string) => decode(readFileSync(join(folder, id, name)))
    const before = vector.before === null ? null : load(vector.before)
    const outcome = run(vector, before?.text ?? null)
    expect(outcome.result, vector.note).toBe(vector.expect.result)
    if (outcome.result !== 'written' || !vector.expect.after) return
    const { text } = load(vector.expect.after)
    expect(outcome.text).toBe(text)
    expect((before?.bom ?? '') + outcome.text).toBe(load(vector.expect.after).bom + text)
    if (vector.change.op !== 'add' || before === null) return
    const removed = run(vector, outcome.text, 'remove', vector.change.server)
    expect(removed.result).toBe('written')
    if (removed.result === 'written' && hadContainer(vector)) expect(removed.text).toBe(before.text)
  })
})

/** Only where the container stood there before does taking the entry out give the file back. */
const hadContainer = ({ id }: Vector) => id !== 'claude-desktop/01-add'
