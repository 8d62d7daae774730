import { join } from 'node:path'
import { type Cell, inParallel, readRequirements, runScenario, tell } from './suite.ts'

const driver = `${process.execPath} ${join(import.meta.dirname, 'driver.ts')}`
/** In the suite, but on neither list: how one signs in to servers of 2025-03-26. */
const old = ['auth/2025-03-26-oauth-metadata-backcompat', 'auth/2025-03-26-oauth-endpoint-fallback']

type Options = { client: string; revision: string; isWanted: (scenario: string) => boolean; jobs: number; out: string }

/** The suite’s mock servers ← bridge ← an SDK client on stdio, which opens the way `client` says. */
export async function runClientLeg({ client, revision, isWanted, jobs, out }: Options): Promise<Cell> {
  const name = `client ${client}, server ${revision}`
  const { required, unscored } = readRequirements(revision, 'client')
  const all = [...required, ...unscored, ...(revision === '2025-11-25' ? old : [])]
  const results = await inParallel(all.filter(isWanted), jobs, async (scenario) => {
    const verdict = await runScenario({
      ...{ leg: 'client', scenario, revision, out: join(out, name.replaceAll(/[^\w.-]+/g, '_')) },
      args: ['--timeout', '180000', '--command', driver],
      env: { DRIVER_CLIENT: client, DRIVER_DEADLINE_MS: '150000' },
    })
    return tell(name, { scenario, required: required.includes(scenario), ...verdict })
  })
  return { name, results }
}
