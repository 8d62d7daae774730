import type { GivenBack, Preview } from '../../shared/contract/clients.ts'
import type { ClientId } from '../../shared/ids.ts'
import { Problem, toProblem } from '../../shared/problems.ts'
import type { App } from './apps.ts'
import { type Changes, tokenOf } from './changes.ts'
import { entriesOf, type Ledger } from './ledger.ts'
import { changesSomething, type Request, type Requests, toWorkPreview } from './requests.ts'
import type { Waiting } from './waiting.ts'

/** `token` names the bytes of a preview; `now` also writes while the app runs and may undo it. */
export type How = { token?: string | undefined; now?: boolean | undefined }

type Needs = {
  ledger: Ledger
  changes: Changes
  waiting: Waiting
  requests: Requests
  findApp: (client: ClientId) => App
  /** Whether the app runs, as of the last look at the processes. */
  isRunning: (app: App) => boolean
  lookAtProcesses: () => Promise<void>
}

/** Makes changes, or keeps them until an app that would undo them has quit. */
export function createCarryOut(needs: Needs) {
  const { ledger, changes, waiting, requests, findApp, isRunning, lookAtProcesses } = needs
  /** It runs, and will write its file again without a look at what stands there by then. */
  const undoes = (app: App) => app.row.overwrites === true && isRunning(app)

  async function preview(client: ClientId, request: Request): Promise<Preview> {
    const work = await requests.workOut(client, request)
    await lookAtProcesses()
    return toWorkPreview(work, undoes(work.app))
  }

  async function carryOut(client: ClientId, request: Request, { token, now = false }: How): Promise<App> {
    const work = await requests.workOut(client, request)
    const { app, jobs } = work
    if (token !== undefined && token !== tokenOf(jobs)) throw new Problem('clients.changed-meanwhile', app.path)
    await lookAtProcesses()
    if (changesSomething(work) && undoes(app) && !now) await waiting.put(app.id, request)
    else {
      for (const job of jobs) await changes.commit(job, { running: isRunning(app) })
      await waiting.drop(app.id)
    }
    return app
  }

  /** Makes what waited for apps that have quit, and forgets who was asked to open one that runs again. */
  async function carryOutWaiting(apps: readonly App[]) {
    const findOne = (client: ClientId) => apps.find(({ id }) => id === client)
    await waiting.reopened((client) => apps.some((app) => app.id === client && isRunning(app)))
    const hasQuit = (client: ClientId) => {
      const app = findOne(client)
      return app !== undefined && !isRunning(app)
    }
    await waiting.carryOut(hasQuit, async (client, request) => {
      for (const job of (await requests.workOut(client, request)).jobs) await changes.commit(job, { running: false })
    })
  }

  /** At once, whatever runs: who asks for this is about to remove the program. */
  async function restoreAll(): Promise<GivenBack[]> {
    await waiting.clear()
    const results: GivenBack[] = []
    for (const [path, { client }] of Object.entries(ledger.get().files)) {
      const restore = async () => {
        const app = findApp(client)
        await changes.commit(await changes.planUndo(app.row, path), { running: false })
        return undoes(app)
      }
      const { running, problem } = await restore().then(
        (running) => ({ running, problem: null }),
        (error) => ({ running: false, problem: toProblem(error) }),
      )
      results.push({ client, path, problem, running, left: [...entriesOf(ledger.get().files[path]).keys()] })
    }
    return results
  }

  return { preview, carryOut, carryOutWaiting, restoreAll }
}
