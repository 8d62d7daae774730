import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { binScript } from './setup.mjs'

// The quick part of `npm test`: format, lint, types, unused code, unit tests. Two at a time, because that is what the
// smallest machine has.
const root = join(import.meta.dirname, '..')
type Job = { name: string; args: string[] }

const projects = ['shared', 'electron', 'renderer', 'e2e', 'build', 'bench']
const jobs: Job[] = [
  {
    name: 'unit tests',
    args: [
      binScript('vitest'),
      'run',
      '--project',
      'unit',
      '--reporter=dot',
      '--reporter=json',
      '--outputFile.json=out/unit.json',
    ],
  },
  { name: 'format and lint', args: [binScript('@biomejs/biome'), 'ci', '.'] },
  ...projects.map((project) => ({ name: `types: ${project}`, args: [binScript('typescript', 'tsc'), '-p', project] })),
  { name: 'unused code', args: [binScript('knip')] },
]

function run({ name, args }: Job) {
  return new Promise<boolean>((resolve) => {
    const started = Date.now()
    const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] })
    const output: Buffer[] = []
    child.stdout.on('data', (part: Buffer) => output.push(part))
    child.stderr.on('data', (part: Buffer) => output.push(part))
    child.on('close', (code) => {
      const seconds = ((Date.now() - started) / 1000).toFixed(1)
      console.log(`${code === 0 ? '✓' : '✗'} ${name} (${seconds} s)`)
      if (code !== 0) console.log(Buffer.concat(output).toString())
      resolve(code === 0)
    })
  })
}

const waiting = [...jobs]
let failed = 0
async function worker() {
  for (let job = waiting.shift(); job; job = waiting.shift()) if (!(await run(job))) failed += 1
}
await Promise.all([worker(), worker()])
process.exitCode = failed === 0 ? 0 : 1
