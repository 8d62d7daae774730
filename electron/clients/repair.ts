import type { ClientApp, RepairCause } from '../../shared/contract/clients.ts'
import type { ServerId } from '../../shared/ids.ts'
import type { Log } from '../lib/log.ts'
import type { App } from './apps.ts'
import type { Changes } from './changes.ts'
import type { FileRecord, Ledger } from './ledger.ts'
import type { WantedEntry } from './plan.ts'
import type { Waiting } from './waiting.ts'

/** `ask` shows the loss and waits for the person; `auto` puts our entries back; `off` never does. */
export type RepairPolicy = 'off' | 'ask' | 'auto'

type Needs = {
  ledger: Ledger
  changes: Changes
  waiting: Waiting
  policy: () => RepairPolicy
  wantedOf: (app: App, servers?: readonly ServerId[]) => WantedEntry[]
  now: () => Date
  log: Log
}

/** So many repairs in a quarter of an hour are a fight, and the person should know who with. */
const most = 5
const fightMs = 15 * 60 * 1000
const kept = 50

/**
 * Puts lost entries back: always once when an app that was open during a change has quit (it may have undone it on its
 * way out, and the person did ask), and whenever policy says so. Only what is gone comes back; what was edited stays.
 */
export function createRepair({ ledger, changes, waiting, policy, wantedOf, now, log }: Needs) {
  const isFight = ({ repairs }: FileRecord) =>
    repairs.filter(({ at }) => Date.parse(at) > now().getTime() - fightMs).length >= most

  const update = ({ path }: App, change: (record: FileRecord) => FileRecord) =>
    ledger.update((data) => {
      const record = data.files[path]
      return record ? { ...data, files: { ...data.files, [path]: change(record) } } : data
    })

  async function putBack(app: App, lost: ServerId[], { running, undone }: { running: boolean; undone: boolean }) {
    const wanted = wantedOf(app, lost)
    const job = await changes.planApply(app.row, app.path, { wanted, obsolete: [], overwrite: false })
    await changes.commit(job, { running })
    const cause: RepairCause =
      job.file.bytes === null ? 'file-deleted' : running || undone ? 'app-rewrote' : 'file-rewritten'
    const done = { at: now().toISOString(), cause }
    await update(app, (current) => ({ ...current, repairs: [...current.repairs, done].slice(-kept) }))
    log.info('client.repaired', { client: app.id, lost, cause })
    return true
  }

  const postpone = async (app: App, lost: ServerId[]) => {
    const wanted = wantedOf(app, lost)
    if (wanted.length > 0) await waiting.put(app.id, { kind: 'apply', wanted, obsolete: [], overwrite: false })
    return wanted.length > 0
  }

  /** True when the app stands differently now. */
  return async function repair(app: App, { running, entries, policy: own }: ClientApp): Promise<boolean> {
    const record = ledger.get().files[app.path]
    if (!record) return false
    const undone = record.waitingSince !== null && !running
    if (undone) await update(app, (current) => ({ ...current, waitingSince: null }))
    const lost = entries.filter(({ state }) => state === 'lost').map(({ server }) => server)
    if (own?.verdict === 'managed-only') return false
    const meant = policy() === 'auto' || (undone && policy() === 'ask')
    if (lost.length === 0 || !meant || isFight(record)) return false
    // What waits for the app to quit comes first, and may be just the other way round.
    if (waiting.get(app.id)) return false
    if (running && app.row.overwrites) return postpone(app, lost)
    try {
      return await putBack(app, lost, { running, undone })
    } catch (error) {
      log.warn('client.repair-failed', { client: app.id, error })
      return false
    }
  }
}
