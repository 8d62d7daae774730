import type { Check, EntryState } from '../../shared/contract/clients.ts'
import type { ClientId, ServerId } from '../../shared/ids.ts'
import { Problem } from '../../shared/problems.ts'
import type { App } from './apps.ts'
import { readConfig } from './config-file.ts'
import { readCommand } from './written-command.ts'

type Needs = {
  /** How our entries stand in an app's file; throws where it cannot be read. */
  entriesOf: (client: ClientId) => Promise<{ app: App; entries: EntryState[] }>
  /** The program our entries start. */
  command: (client: ClientId, server: ServerId) => string
  version: string
}
const atOnce = 4

/**
 * Proves an app's set-up from its file on: starts the very command that stands there and asks for the tools. It never
 * starts a program that is not ours, whoever wrote it under our name.
 */
export function createVerify({ entriesOf, command, version }: Needs) {
  const running = new Map<ClientId, number>()

  async function checkOne({ row, id, path }: App, { server, state }: EntryState): Promise<Check> {
    const fail = (problem: Problem): Check => ({ server, state: 'failed', problem: problem.data })
    const written = readCommand((await readConfig(path)).bytes, row, server)
    if (!written) return fail(new Problem('clients.not-set-up', `${server} in ${path}`))
    const ours = state === 'written' || state === 'outdated' || written.command === command(id, server)
    if (!ours) return fail(new Problem('clients.not-ours', `${server} in ${path}: ${written.command}`))
    // The client library is only for this: it need not be read at every start.
    const { checkCommand } = await import('./check.ts')
    return checkCommand(row.toStart?.(written) ?? written, { server, version })
  }

  async function checkAll(client: ClientId): Promise<Check[]> {
    const { app, entries } = await entriesOf(client)
    const present = entries.filter(({ state }) => state !== 'absent')
    if (present.length === 0) throw new Problem('clients.not-set-up', `${app.row.name}, ${app.path}`)
    const checks: Check[] = []
    for (let at = 0; at < present.length; at += atOnce)
      checks.push(...(await Promise.all(present.slice(at, at + atOnce).map((entry) => checkOne(app, entry)))))
    return checks
  }

  async function run(client: ClientId): Promise<Check[]> {
    running.set(client, (running.get(client) ?? 0) + 1)
    try {
      return await checkAll(client)
    } finally {
      running.set(client, (running.get(client) ?? 1) - 1)
    }
  }
  return { run, isRunning: (client: ClientId) => (running.get(client) ?? 0) > 0 }
}
