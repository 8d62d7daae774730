import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { install } from '../lib/install.ts'
import { ours, peers } from './candidates.ts'
import { playCell, type Verdict } from './cell.ts'
import { longScenarios, scenarios } from './scenarios.ts'

const { values } = parseArgs({
  options: {
    peers: { type: 'boolean', default: false },
    long: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
    transport: { type: 'string', default: '' },
    jobs: { type: 'string', short: 'j', default: '2' },
    help: { type: 'boolean', default: false },
  },
})
if (values.help) {
  console.log(`What bridges do when things break, a fresh bridge, hub and server for each cell.

  npm run robust -- [--peers] [--long] [--only <part of a row’s name>] [--transport http,json,sse,split] [-j 2]

  --peers  mcp-remote and supergateway as well      --long  also calls of 65 s, a minute of all faults

Exit code 1 where a cell of ours fails. All of it is written to out/robust.json.`)
  process.exit(0)
}
if (values.peers) install()
const rows = Object.entries({ ...scenarios, ...(values.long ? longScenarios : {}) }).filter(([name]) =>
  name.includes(values.only),
)
const wanted = values.transport === '' ? null : values.transport.split(',')
const mine = ours()
const cells = [...mine, ...(values.peers ? peers : [])].flatMap((candidate) =>
  candidate.transports
    .filter((transport) => wanted?.includes(transport) ?? true)
    .flatMap((transport) => rows.map(([row, run]) => ({ candidate, transport, row, run }))),
)
type Result = { candidate: string; transport: string; row: string } & Verdict
const results: Result[] = []

async function work() {
  for (let cell = cells.shift(); cell; cell = cells.shift()) {
    const { candidate, transport, row, run } = cell
    const verdict = await playCell(candidate, transport, run)
    results.push({ candidate: candidate.name, transport, row, ...verdict })
    const mark = verdict.ok === null ? ' ' : verdict.ok ? '✓' : '✗'
    console.log(`${mark} ${candidate.name}, ${transport}: ${row}: ${verdict.seen}`)
  }
}
await Promise.all(Array.from({ length: Number(values.jobs) }, work))

const groups = Map.groupBy(results, ({ candidate, transport }) => `${candidate}, ${transport}`)
console.log('')
for (const [name, group] of groups) {
  const counted = group.filter(({ ok }) => ok !== null)
  console.log(`${name}: ${counted.filter(({ ok }) => ok).length} of ${counted.length}`)
}
const out = join(import.meta.dirname, '../../out')
mkdirSync(out, { recursive: true })
writeFileSync(join(out, 'robust.json'), JSON.stringify({ when: new Date().toISOString(), results }, null, 1))
const names = new Set(mine.map(({ name }) => name))
process.exitCode = results.some(({ candidate, ok }) => names.has(candidate) && ok === false) ? 1 : 0
