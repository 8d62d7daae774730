import { Problem } from '../../../shared/problems.ts'
import { type Change, type Field, Refusal, toReason } from '../edit/change.ts'
import { editEntry } from '../edit/edit-entry.ts'
import { decode } from '../edit/text.ts'
import { formats } from '../formats.ts'
import type { Entries } from './lock.ts'
import type { Target } from './targets.ts'

export type TargetPlan = { text: string | null; entries: Entries; conflicts: string[] }
type Request = { wanted: ReadonlyMap<string, Field[]>; previous: Entries; overwrite: boolean }

/**
 * One project file, worked out. The team file is the source, so an entry of ours that somebody edited is written anew;
 * an entry that was never ours stays, and is told.
 */
export function planTarget(target: Target, path: string, bytes: Uint8Array | null, request: Request): TargetPlan {
  const { wanted, previous, overwrite } = request
  try {
    const draft = createDraft(target, bytes === null ? { text: null, bom: '' } : decode(bytes))
    const entries: Entries = {}
    const conflicts: string[] = []
    for (const [name, fields] of wanted) {
      if (put(draft, name, fields, { previous: own(previous, name), overwrite })) entries[name] = fields
      else conflicts.push(name)
    }
    for (const [name, fields] of Object.entries(previous)) {
      if (!wanted.has(name)) draft.edit(name, { op: 'remove', previous: fields, onDrift: 'overwrite' })
    }
    return { text: draft.get(), entries, conflicts }
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    const line = error.line === null ? '' : `line ${error.line}: `
    throw new Problem('clients.unreadable', `${path}: ${line}${toReason(error)}`, { cause: error })
  }
}

const own = (entries: Entries, name: string) => (Object.hasOwn(entries, name) ? (entries[name] ?? null) : null)

type Draft = ReturnType<typeof createDraft>
function createDraft({ format, container }: Target, { text, bom }: { text: string | null; bom: string }) {
  let current = text
  const edit = (name: string, change: Change) => {
    const outcome = editEntry(
      current,
      { format: formats[format], place: { container: [container], kind: 'map', name } },
      change,
    )
    if (outcome.result === 'refused') throw new Refusal(outcome.reason, outcome.line)
    if (outcome.result === 'written') current = outcome.text
    return outcome.result
  }
  return { edit, get: () => (current === null ? null : bom + current) }
}

/** False where the name is taken by an entry that was never ours. */
function put(
  draft: Draft,
  name: string,
  wanted: Field[],
  { previous, overwrite }: { previous: Field[] | null; overwrite: boolean },
) {
  const gone = previous?.some(({ key }) => !wanted.some((field) => field.key === key))
  // A server that became another kind: what its old fields said must not stay beside the new ones.
  if (gone) draft.edit(name, { op: 'remove', previous, onDrift: 'overwrite' })
  const change = { op: 'put', wanted, previous: gone ? null : previous, onDrift: 'overwrite' } as const
  const result = draft.edit(name, change)
  if (result !== 'conflict') return true
  if (!overwrite) return false
  draft.edit(name, { op: 'remove', previous: [], onDrift: 'overwrite' })
  draft.edit(name, change)
  return true
}
