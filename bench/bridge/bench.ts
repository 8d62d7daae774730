import { mkdirSync, writeFileSync } from 'node:fs'
import { cpus, release, totalmem } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { install } from '../lib/install.ts'
import type { Transport } from '../reference/reference-server.ts'
import { hasNative } from './bridges.ts'
import { startCompanyWithHub, transports } from './company.ts'
import { startFloor } from './floor/floor.ts'
import { measure, type Sizes } from './measure.ts'
import { findMisses, ratiosTable, toRows, valuesTable } from './report.ts'
import { createSubjects } from './subjects.ts'

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    transport: { type: 'string', default: 'http' },
    only: { type: 'string', default: '' },
    out: { type: 'string', default: join(import.meta.dirname, '../../out/bench.json') },
    help: { type: 'boolean', default: false },
  },
})
if (values.help) {
  console.log(`Our bridges beside mcp-remote and supergateway, on the same servers in one run (Linux: it reads /proc).

  npm run bench -- [--quick] [--transport http,json,sse] [--only native,Node,mcp-remote] [--out <file>]

Ours run with the real app, signed in at the demo company's SSO, with policy and activity log; its CPU and memory are
counted in. Times in ms, memory in MiB. Exit code 1 where a promised ratio is missed.`)
  process.exit(0)
}
install()
if (!hasNative()) console.log('There is no native build here (no C compiler): only the Node build is measured.')
const sizes: Sizes = values.quick
  ? { starts: 4, latencyRounds: 4, roundMs: 300, echoes: 2, many: 10, hundred: false }
  : { starts: 9, latencyRounds: 8, roundMs: 500, echoes: 9, many: 10, hundred: true }
const base = 'mcp-remote 0.15.1'
const wanted = values.only.split(',')
const company = await startCompanyWithHub()
const floor = await startFloor(company.env)
const result: Record<string, unknown> = {
  when: new Date().toISOString(),
  machine: {
    cpu: cpus()[0]?.model,
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
    node: process.version,
  },
}
let misses: string[] = []
try {
  const subjects = createSubjects(company, floor).filter(({ name }) => wanted.some((part) => name.includes(part)))
  for (const transport of values.transport.split(',')) {
    if (!transports.includes(transport as Transport)) throw new Error(`There is no transport ${transport}`)
    const able = subjects.filter((subject) => subject.transports.includes(transport as Transport))
    const rows = toRows(await measure(company, able, transport as Transport, sizes), base)
    const found = transport === 'http' ? findMisses(rows) : []
    misses = [...misses, ...found]
    result[transport] = { rows, misses: found }
    console.log(`\n## ${transport}\n\n${valuesTable(rows)}\n\nAs ratios to ${base}:\n\n${ratiosTable(rows)}`)
  }
} finally {
  await floor?.close()
  await company.close()
}
mkdirSync(join(values.out, '..'), { recursive: true })
writeFileSync(values.out, JSON.stringify(result, null, 1))
for (const miss of misses) console.log(`✗ ${miss}`)
process.exitCode = misses.length > 0 ? 1 : 0
