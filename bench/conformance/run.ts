import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { install } from '../lib/install.ts'
import { runClientLeg } from './client-leg.ts'
import { playEverything } from './everything.ts'
import { runServerLeg } from './server-leg.ts'
import { type Cell, type Result, revisions, tell } from './suite.ts'

const { values } = parseArgs({
  options: {
    leg: { type: 'string', default: 'client,server,reference' },
    client: { type: 'string', default: 'legacy,modern,auto' },
    revision: { type: 'string', default: revisions.join() },
    only: { type: 'string', default: '' },
    jobs: { type: 'string', short: 'j', default: '2' },
    out: { type: 'string', default: join(import.meta.dirname, '../../out/conformance') },
    help: { type: 'boolean', default: false },
  },
})
if (values.help) {
  console.log(`The official MCP conformance suite through “causeway bridge <url>”.

  npm run conformance -- [--leg client,server,reference] [--client legacy,modern,auto] [--revision ${revisions.join()}]
                         [--only <part of a scenario’s name>,…] [-j 2] [--out out/conformance]

  client      the suite’s servers ← bridge ← an SDK client on stdio
  server      the suite → bridge → a server on the SDK that passes the suite by itself
  reference   an SDK client → bridge → the reference server, over Streamable HTTP and HTTP+SSE

Exit code 1 where something fails that is not in bench/conformance/expected-failures.json. All of it is written to
the folder --out, which is emptied first.`)
  process.exit(0)
}
install()
const { out } = values
rmSync(out, { recursive: true, force: true })
mkdirSync(out, { recursive: true })

const parts = values.only.split(',')
const isWanted = (scenario: string) => parts.some((part) => scenario.includes(part))
const common = { isWanted, jobs: Number(values.jobs), out }
const listed = (text: string) => text.split(',')
const cells: Cell[] = []

async function runReference(transport: 'streamableHttp' | 'sse'): Promise<Cell> {
  const name = `reference server, ${transport}`
  const results = await playEverything(transport, isWanted)
  return { name, results: results.map((result) => tell(name, result)) }
}
const legs: Record<string, () => Promise<void>> = {
  async client() {
    for (const revision of listed(values.revision))
      for (const client of listed(values.client)) cells.push(await runClientLeg({ client, revision, ...common }))
  },
  async server() {
    for (const revision of listed(values.revision)) cells.push(await runServerLeg({ revision, ...common }))
  },
  async reference() {
    for (const transport of ['streamableHttp', 'sse'] as const) cells.push(await runReference(transport))
  },
}
for (const leg of listed(values.leg)) {
  const run = legs[leg]
  if (!run) throw new Error(`There is no leg “${leg}”: client, server or reference`)
  await run()
}

writeFileSync(join(out, 'results.json'), JSON.stringify(cells, null, 1))
const score = (results: Result[]) => `${results.filter(({ pass }) => pass).length}/${results.length}`
console.log('\n| | required | not scored |\n|:--|--:|--:|')
for (const { name, results } of cells) {
  const required = results.filter((result) => result.required)
  const unscored = results.filter((result) => !result.required)
  console.log(`| ${name} | ${score(required)} | ${score(unscored)} |`)
}

type Expected = Record<string, Record<string, string>>
const expected = JSON.parse(readFileSync(join(import.meta.dirname, 'expected-failures.json'), 'utf8')) as Expected
const all = cells.flatMap(({ name, results }) => results.map((result) => ({ name, ...result })))
const isExpected = ({ name, scenario }: (typeof all)[number]) => expected[name]?.[scenario] !== undefined
const news = all.filter((each) => !each.pass && !isExpected(each))
const healed = all.filter((each) => each.pass && isExpected(each))
for (const { name, scenario } of news)
  console.log(`✗ failed and is not in expected-failures.json: ${name}: ${scenario}`)
for (const { name, scenario } of healed) console.log(`✗ passes and is still let off: ${name}: ${scenario}`)
process.exitCode = news.length + healed.length > 0 ? 1 : 0
