import type { PolicyVerdict, Preview } from '../../shared/contract/clients.ts'
import type { ClientId, ServerId } from '../../shared/ids.ts'
import { Problem } from '../../shared/problems.ts'
import type { App } from './apps.ts'
import type { Backups } from './backups.ts'
import { type Changes, type Job, toPreview } from './changes.ts'
import { entriesOf, type Ledger } from './ledger.ts'
import type { WantedEntry } from './plan.ts'

/** What a person asked for, apart from the bytes of the file: it can be worked out anew as often as those change. */
export type Request =
  | { kind: 'apply'; wanted: WantedEntry[]; obsolete: ServerId[]; overwrite: boolean }
  | { kind: 'undo' }
  | { kind: 'restore'; backup: string }
export type Selected = { client: ClientId; servers?: ServerId[] | undefined; overwrite?: boolean | undefined }
/** A request worked out on the files as they are now. */
export type Work = { app: App; request: Request; jobs: Job[]; policy: PolicyVerdict | null }

type Needs = {
  findApp: (client: ClientId) => App
  servers: () => ServerId[]
  wantedOf: (app: App, servers?: readonly ServerId[]) => WantedEntry[]
  policyOf: (app: App, servers: readonly ServerId[]) => Promise<PolicyVerdict | null>
  ledger: Ledger
  changes: Changes
  backups: Backups
}

/** Turns what a person asked for into changes of files, without making them. */
export function createRequests({ findApp, servers, wantedOf, policyOf, ledger, changes, backups }: Needs) {
  function toApply({ client, servers: chosen, overwrite = false }: Selected): Request {
    const app = findApp(client)
    const all = servers()
    const ours = [...entriesOf(ledger.get().files[app.path]).keys()]
    // Signed out, nobody has servers: that is no reason to take entries away.
    const obsolete = chosen || all.length === 0 ? [] : ours.filter((id) => !all.includes(id))
    return {
      kind: 'apply',
      wanted: wantedOf(app, chosen && all.filter((id) => chosen.includes(id))),
      obsolete,
      overwrite,
    }
  }

  async function workOut(client: ClientId, request: Request): Promise<Work> {
    const app = findApp(client)
    if (request.kind !== 'apply') return { app, request, policy: null, jobs: await planOther(app, request) }
    const policy = await policyOf(
      app,
      request.wanted.map(({ server }) => server),
    )
    // What a person adds does not count there, so it would only stand in the way of what IT put in place.
    if (policy?.verdict === 'managed-only') throw new Problem('clients.policy-forbids', policy.source)
    return { app, request, policy, jobs: [await changes.planApply(app.row, app.path, request)] }
  }

  const planOther = async (app: App, request: Exclude<Request, { kind: 'apply' }>) =>
    request.kind === 'undo' ? planBack(app) : [await planCopy(app, request.backup)]

  /** Every file we wrote for this app, also one at a place that the app has left since. */
  function planBack({ row, id }: App) {
    const { files } = ledger.get()
    const paths = Object.keys(files).filter((path) => files[path]?.client === id)
    return Promise.all(paths.map((path) => changes.planUndo(row, path)))
  }

  async function planCopy(app: App, backup: string) {
    const label = (await backups.list(app.id)).find(({ id }) => id === backup)
    if (!label) throw new Problem('clients.no-backup', backup)
    return changes.planCopy(app.row, label, wantedOf(app))
  }

  return { toApply, workOut }
}

export type Requests = ReturnType<typeof createRequests>

export const changesSomething = ({ jobs }: Work) => jobs.some(({ file, plan }) => plan.bytes !== file.bytes)

export const toWorkPreview = (work: Work, waits: boolean): Preview => ({
  ...toPreview(work.app.row, work.app.path, work.jobs),
  ...(work.policy ? { policy: work.policy } : {}),
  ...(waits && changesSomething(work) ? { waits } : {}),
})
