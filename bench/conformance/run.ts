import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { install } from '../lib/install.ts'
import { playEverything } from './everything.ts'
import { type Result, readRequirements, revisions, runScenario } from './suite.ts'

const { values } = parseArgs({
  options: {
    client: { type: 'string', default: 'legacy,modern,auto' },
    revision: { type: 'string', default: revisions.join() },
    only: { type: 'string', default: '' },
    jobs: { type: 'string', short: 'j', default: '2' },
    help: { type: 'boolean', default: false },
  },
})
if (values.help) {
  console.log(`The official MCP conformance suite through “causeway bridge <url>”, and the reference server over both of its transports.

  npm run conformance -- [--client legacy,modern,auto] [--revision ${revisions.join()}] [--only <part of a scenario’s name>] [-j 2]

Exit code 1 where something fails that is not in bench/conformance/expected-failures.json. All of it is written to
out/conformance/.`)
  process.exit(0)
}
install()
const out = join(import.meta.dirname, '../../out/conformance')
rmSync(out, { recursive: true, force: true })
mkdirSync(out, { recursive: true })

type Cell = { name: string; results: Result[] }
type Expected = Record<string, Record<string, string>>
const expected = JSON.parse(readFileSync(join(import.meta.dirname, 'expected-failures.json'), 'utf8')) as Expected
const driver = `${process.execPath} ${join(import.meta.dirname, 'driver.ts')}`
const cells: Cell[] = []

async function runClientCell(client: string, revision: string) {
  const name = `client ${client}, server ${revision}`
  const { required, unscored } = readRequirements(revision, 'client')
  const old =
    revision === '2025-11-25'
      ? ['auth/2025-03-26-oauth-metadata-backcompat', 'auth/2025-03-26-oauth-endpoint-fallback']
      : []
  const waiting = [...required, ...unscored, ...old].filter((scenario) => scenario.includes(values.only))
  const results: Result[] = []
  const work = async () => {
    for (let scenario = waiting.shift(); scenario; scenario = waiting.shift()) {
      const folder = join(out, name.replaceAll(/[^\w.-]+/g, '_'), scenario.replaceAll('/', '_'))
      const run = (attempt: number) =>
        runScenario({
          ...{ leg: 'client', scenario: scenario as string, revision, out: join(folder, `${attempt}`) },
          args: ['--timeout', '60000', '--command', driver],
          env: { DRIVER_CLIENT: client, DRIVER_DEADLINE_MS: '45000' },
        })
      const first = await run(1)
      const verdict = first.pass ? first : await run(2)
      results.push({ scenario, required: required.includes(scenario), ...verdict })
      console.log(
        `${verdict.pass ? '✓' : '✗'} ${name}: ${scenario}${verdict.pass ? '' : `: ${verdict.why.join('; ')}`}`,
      )
    }
  }
  await Promise.all(Array.from({ length: Number(values.jobs) }, work))
  cells.push({ name, results })
}
for (const revision of values.revision.split(','))
  for (const client of values.client.split(',')) await runClientCell(client, revision)
for (const transport of ['streamableHttp', 'sse'] as const) {
  const name = `reference server, ${transport}`
  const results = (await playEverything(transport)).filter(({ scenario }) => scenario.includes(values.only))
  for (const { scenario, pass, why } of results)
    console.log(`${pass ? '✓' : '✗'} ${name}: ${scenario}${pass ? '' : `: ${why.join()}`}`)
  cells.push({ name, results })
}

writeFileSync(join(out, 'results.json'), JSON.stringify(cells, null, 1))
const score = (results: Result[]) => `${results.filter(({ pass }) => pass).length}/${results.length}`
console.log('\n| | required | not scored |\n|:--|--:|--:|')
for (const { name, results } of cells) {
  console.log(
    `| ${name} | ${score(results.filter(({ required }) => required))} | ${score(results.filter(({ required }) => !required))} |`,
  )
}
const news = cells.flatMap(({ name, results }) =>
  results
    .filter(({ pass, scenario }) => !pass && !expected[name]?.[scenario])
    .map(({ scenario }) => `${name}: ${scenario}`),
)
for (const each of news) console.log(`✗ failed and is not in expected-failures.json: ${each}`)
process.exitCode = news.length > 0 ? 1 : 0
