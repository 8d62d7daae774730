import type { Preview } from '../../shared/contract/clients.ts'
import type { ServerId } from '../../shared/ids.ts'
import type { AppRow } from './app-row.ts'
import { type Change, type Field, isTable, Refusal } from './edit/change.ts'
import { editEntry, isSame, readStanding } from './edit/edit-entry.ts'
import { decode, tailOf } from './edit/text.ts'
import { formats } from './formats.ts'
import { shapes } from './shapes.ts'

export type WantedEntry = { server: ServerId; fields: Field[] }
type Result = Preview['entries'][number]
/** The new bytes of a file; `null` leaves no file. `entries` is what will then be ours in it. */
export type Plan = { bytes: Uint8Array | null; results: Result[]; entries: Map<ServerId, Field[]> }

type Entries = ReadonlyMap<ServerId, Field[]>

const targetOf = ({ format, shape }: AppRow, name: string) => ({
  format: formats[format],
  place: { ...shapes[shape].place, name },
})

function unpack(bytes: Uint8Array | null) {
  if (bytes === null) return { text: null, close: (text: string | null) => text }
  const { text, bom } = decode(bytes)
  return { text, close: (next: string | null) => (next === null ? null : bom + next) }
}

/** A text under edit; a file that cannot be edited ends the whole plan with a Refusal. */
function createDraft(text: string | null, row: AppRow) {
  let current = text
  const edit = (server: ServerId, change: Change) => {
    const outcome = editEntry(current, targetOf(row, server), change)
    if (outcome.result === 'refused') throw new Refusal(outcome.reason, outcome.line, { hint: outcome.hint })
    if (outcome.result === 'written') current = outcome.text
    return outcome
  }
  const remove = (server: ServerId, previous: Field[], tail?: string) => {
    const onDrift = stillOurs(current, targetOf(row, server), previous) ? 'overwrite' : 'report'
    const { result } = edit(server, { op: 'remove', previous, onDrift, ...(tail === undefined ? {} : { tail }) })
    return { server, result: result === 'written' ? ('remove' as const) : result }
  }
  return { edit, remove, get: () => current }
}

type PutRequest = { wanted: WantedEntry[]; obsolete: ServerId[]; ours: Entries; overwrite: boolean }

/** Puts entries in and takes `obsolete` ones out. */
export function planPut(
  bytes: Uint8Array | null,
  row: AppRow,
  { wanted, obsolete, ours, overwrite }: PutRequest,
): Plan {
  const { text, close } = unpack(bytes)
  const draft = createDraft(text, row)
  const entries = new Map(ours)
  const onDrift = overwrite ? 'overwrite' : 'report'
  const results = wanted.map(({ server, fields }): Result => {
    const put = () => draft.edit(server, { op: 'put', wanted: fields, previous: ours.get(server) ?? null, onDrift })
    let outcome = put()
    if (outcome.result === 'conflict' && overwrite) {
      // The stranger goes whole: a mixture of two entries would be neither.
      draft.edit(server, { op: 'remove', previous: [], onDrift })
      outcome = put()
    }
    if (outcome.result === 'written' || outcome.result === 'unchanged') entries.set(server, fields)
    if (outcome.result !== 'written') return { server, result: outcome.result }
    return { server, result: outcome.added ? 'add' : 'update' }
  })
  for (const server of obsolete) results.push(takeOut(draft, server, entries))
  return { bytes: encode(close(draft.get()), bytes), results, entries }
}

/** Takes our entries out and leaves everything else, also what was added since. */
export function planRemoval(
  bytes: Uint8Array | null,
  row: AppRow,
  { ours, created, tail }: { ours: Entries; created: boolean; tail?: string | undefined },
): Plan {
  const { text, close } = unpack(bytes)
  const draft = createDraft(text, row)
  const entries = new Map(ours)
  const results = [...ours.keys()].map((server) => takeOut(draft, server, entries, tail))
  const left = created && entries.size === 0 && isBare(draft.get(), row) ? null : close(draft.get())
  return { bytes: encode(left, bytes), results, entries }
}

/** Puts the bytes of a copy in place. Of our entries those count that the copy holds as we write or wrote them. */
export function planRestore(
  bytes: Uint8Array,
  row: AppRow,
  { wanted, ours }: { wanted: WantedEntry[]; ours: Entries },
): Plan {
  const entries = new Map<ServerId, Field[]>()
  for (const { server, state } of findStandings(bytes, row, wanted, ours)) {
    const fields = state === 'wanted' ? wanted.find((entry) => entry.server === server)?.fields : ours.get(server)
    if ((state === 'wanted' || state === 'ours') && fields) entries.set(server, fields)
  }
  const gone = [...ours.keys()].filter((server) => !entries.has(server))
  const back = [...entries.keys()].map(
    (server) => ({ server, result: ours.has(server) ? 'unchanged' : 'add' }) as const,
  )
  return { bytes, entries, results: [...gone.map((server) => ({ server, result: 'remove' as const })), ...back] }
}

/** A copy may be of a file that nobody can read; it comes back all the same, without an entry of ours. */
function findStandings(...given: Parameters<typeof readStandings>) {
  try {
    return readStandings(...given)
  } catch (error) {
    if (error instanceof Refusal) return []
    throw error
  }
}

function takeOut(
  draft: ReturnType<typeof createDraft>,
  server: ServerId,
  entries: Map<ServerId, Field[]>,
  tail?: string,
): Result {
  const { result } = draft.remove(server, entries.get(server) ?? [], tail)
  if (result !== 'drift') entries.delete(server)
  return { server, result }
}

/** A person may have changed the arguments or the environment; while it starts our command it is still our entry. */
function stillOurs(text: string | null, { format, place }: ReturnType<typeof targetOf>, previous: Field[]) {
  if (text === null || text.trim() === '') return false
  const value = format.parse(text, place).entry?.value
  const command = previous.find(({ key }) => key === 'command' || key === 'cmd')
  if (!isTable(value) || !command) return false
  const [now, then] = [value[command.key], command.value]
  return Array.isArray(then) && Array.isArray(now) ? isSame(now[0], then[0]) : isSame(now, then)
}

/** The white space at the end of a file, which an entry at the end of it takes along when it goes. */
export function readTail(bytes: Uint8Array | null) {
  const { text } = unpack(bytes)
  return text === null ? null : tailOf(text)
}

/** Nothing in it but the empty container we once made. */
function isBare(text: string | null, row: AppRow) {
  if (text === null || text.trim() === '') return true
  const { format, place } = targetOf(row, '')
  const parsed = format.parse(text, place)
  return parsed.rest() === '{}' && parsed.comments().length === 0
}

/** The same bytes again where nothing changed, so that they compare equal. */
const encode = (text: string | null, before: Uint8Array | null) => {
  if (text === null) return null
  const bytes = new TextEncoder().encode(text)
  return before && Buffer.compare(before, bytes) === 0 ? before : bytes
}

export type EntryStanding = ReturnType<typeof readStanding>['state']

/** How each entry stands in the file. Throws a Refusal for a file that cannot be understood. */
export function readStandings(bytes: Uint8Array | null, row: AppRow, wanted: WantedEntry[], ours: Entries) {
  const { text } = unpack(bytes)
  if (text !== null && text.trim() !== '') formats[row.format].parse(text, targetOf(row, '').place)
  const wants = new Map(wanted.map(({ server, fields }) => [server, fields]))
  const servers = new Set([...wants.keys(), ...ours.keys()])
  return [...servers].map((server) => {
    const standing = readStanding(text, targetOf(row, server), {
      wanted: wants.get(server) ?? null,
      previous: ours.get(server) ?? null,
    })
    return { server, state: standing.state, isWanted: wants.has(server) }
  })
}
