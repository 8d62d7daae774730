import { join } from 'node:path'
import { ourBridges } from '../bridge/bridges.ts'
import { startFront } from './front.ts'
import { startPerson } from './person.ts'
import { type Cell, inParallel, readRequirements, runScenario, tell } from './suite.ts'
import { startUpstream } from './upstream/upstream.ts'

/** They look at the HTTP a server speaks, which here is our front’s and says nothing about the bridge. */
const ofTheFront = new Set([
  'dns-rebinding-protection',
  'server-session-lifecycle',
  'server-sse-polling',
  'server-sse-multiple-streams',
  'http-header-validation',
  'http-custom-header-server-validation',
])

type Options = { revision: string; isWanted: (scenario: string) => boolean; jobs: number; out: string }

/**
 * The suite → front → bridge → a server that passes the suite by itself. It is first run straight at that server: what
 * fails there says nothing about the bridge. A required scenario that fails there is a failure all the same.
 */
export async function runServerLeg({ revision, isWanted, jobs, out }: Options): Promise<Cell> {
  const name = `server leg ${revision}`
  const { required, unscored } = readRequirements(revision, 'server')
  const names = [...required, ...unscored].filter((scenario) => !ofTheFront.has(scenario) && isWanted(scenario))
  if (names.length === 0) return { name, results: [] }
  const upstream = await startUpstream()
  const person = await startPerson()
  const run = (url: string, scenario: string, way: string) =>
    runScenario({
      ...{ leg: 'server', scenario, revision, out: join(out, name.replaceAll(' ', '_'), way) },
      args: ['--url', url],
      env: {},
    })
  try {
    const results = await inParallel(names, jobs, async (scenario) => {
      const isRequired = required.includes(scenario)
      const straight = await run(upstream.url, scenario, 'straight')
      if (!straight.pass && !isRequired) return null
      if (!straight.pass) return tell(`${name}, straight`, { scenario, required: true, ...straight })
      // A front for each scenario, so that none inherits what another did to the bridge.
      const front = await startFront({
        command: process.execPath,
        args: [ourBridges.alone, upstream.url],
        env: person.env,
      })
      const verdict = await run(front.url, scenario, 'bridge').finally(front.close)
      return tell(name, { scenario, required: isRequired, ...verdict })
    })
    return { name, results: results.filter((result) => result !== null) }
  } finally {
    await person.close()
    await upstream.close()
  }
}
