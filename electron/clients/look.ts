import type { ClientApp, PolicyVerdict } from '../../shared/contract/clients.ts'
import type { ServerId } from '../../shared/ids.ts'
import { Problem, type ProblemData, toProblem } from '../../shared/problems.ts'
import { toAppState, toEntryStates } from './app-state.ts'
import type { App } from './apps.ts'
import { readConfig, refused } from './config-file.ts'
import { findVersion, isInstalled } from './detect.ts'
import { Refusal } from './edit/change.ts'
import { entriesOf, type FileRecord, type LedgerData, type Proof } from './ledger.ts'
import type { Place } from './place.ts'
import { readStandings, type WantedEntry } from './plan.ts'

type Sight = { place: Place; data: LedgerData; wanted: WantedEntry[]; proof: Proof; now: Date } & {
  running: boolean
  waiting: ClientApp['waiting']
  policy: () => Promise<PolicyVerdict | null>
}

/** One app as it stands: its file is read, nothing is changed. */
export async function look(
  app: App,
  { place, data, wanted, proof, now, running, waiting, policy }: Sight,
): Promise<ClientApp> {
  const { row, id, path } = app
  const record = data.files[path]
  const installed = isInstalled(place, row)
  const { entries, problem } = await readEntries(app, record, wanted)
  const aside = data.setAside.length > 0 && entries.some(({ state }) => state === 'conflict')
  const verdict = installed ? await policy() : null
  const repairs = record && countRepairs(record, now)
  return {
    id,
    name: row.name,
    installed,
    version: installed ? await findVersion(place, row) : null,
    running,
    configPath: path,
    state: problem ? 'unreadable' : toAppState(entries, { installed, ours: entriesOf(record).size }),
    entries,
    toFinish: toFinish(app, { data, running, proof, waits: waiting !== undefined }),
    problem: problem ?? (aside ? new Problem('clients.ledger-set-aside', data.setAside.at(-1)).data : null),
    canUndo: Object.values(data.files).some(({ client }) => client === id),
    ...(waiting ? { waiting } : {}),
    ...(verdict ? { policy: verdict } : {}),
    ...(row.limits ? { limits: row.limits } : {}),
    ...(row.note ? { note: row.note } : {}),
    ...(row.managedChannel ? { managedChannel: row.managedChannel } : {}),
    ...(repairs ? { repairs } : {}),
    proof,
  }
}

type Reading = { entries: ClientApp['entries']; problem: ProblemData | null }

async function readEntries(
  { row, path }: App,
  record: FileRecord | undefined,
  wanted: WantedEntry[],
): Promise<Reading> {
  const ours = entriesOf(record)
  try {
    const { bytes } = await readConfig(path)
    const standings = readStandings(bytes, row, wanted, ours)
    return { entries: toEntryStates(standings, (server: ServerId) => ours.has(server)), problem: null }
  } catch (error) {
    return { entries: [], problem: toProblem(error instanceof Refusal ? refused(path, error) : error) }
  }
}

type Stand = { data: LedgerData; running: boolean; proof: Proof; waits: boolean }

/** The one thing a person has to do until the app sees what they asked for; null when nothing. */
function toFinish({ row, id, path }: App, { data, running, proof, waits }: Stand): string | null {
  // A change can wait although the app has quit: where making it failed, which is told beside it.
  if (waits) return running ? `Quit and reopen ${row.name}` : null
  if (data.reopen[id] && !running) return `Open ${row.name} again`
  return isFinished(data.files[path], running, proof) ? null : row.reload
}

/** Nothing is left to do once the app quit, or once it spoke to our bridge after the change. */
const isFinished = (record: FileRecord | undefined, running: boolean, { initializeAt }: Proof) =>
  !running || !record?.waitingSince || (initializeAt ?? '') > record.waitingSince

const weekMs = 7 * 24 * 3600 * 1000

function countRepairs({ repairs }: FileRecord, now: Date) {
  const recent = repairs.filter(({ at }) => Date.parse(at) > now.getTime() - weekMs)
  const last = recent.at(-1)
  return last && { week: recent.length, lastAt: last.at, cause: last.cause }
}
