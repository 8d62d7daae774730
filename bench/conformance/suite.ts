import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const folder = join(import.meta.dirname, '../node_modules/@modelcontextprotocol/conformance')
export const revisions = ['2025-11-25', '2026-07-28']

/** What a revision requires, and what the suite runs beside it without counting it: its own frozen lists. */
export function readRequirements(revision: string, leg: 'client' | 'server') {
  const required: string[] = []
  const unscored: string[] = []
  let section = ''
  let name = ''
  for (const line of readFileSync(join(folder, 'requirements', `${revision}.yaml`), 'utf8').split('\n')) {
    if (/^\w/.test(line)) section = line.split(':')[0] ?? ''
    const item = /^ {2}- (?:scenario: )?(\S+)/.exec(line)?.[1]
    if (item && section === leg) required.push(item)
    if (item && section === 'not_scored') name = item
    if (section === 'not_scored' && line.includes(`leg: ${leg}`)) unscored.push(name)
  }
  return { required, unscored }
}

export type Result = { scenario: string; required: boolean; pass: boolean; why: string[] }
export type Cell = { name: string; results: Result[] }
type Run = {
  leg: 'client' | 'server'
  scenario: string
  revision: string
  out: string
  args: string[]
  env: Record<string, string>
}

/** One scenario, judged by the suite itself: no failed check, and the client ended well. It is run once. */
export async function runScenario(run: Run): Promise<Omit<Result, 'required' | 'scenario'>> {
  const { leg, scenario, revision, args, env } = run
  const out = join(run.out, scenario.replaceAll('/', '_'))
  mkdirSync(out, { recursive: true })
  const all = [leg, '--scenario', scenario, '--spec-version', revision, '--force', '-o', out, ...args]
  const child = spawn(process.execPath, [join(folder, 'dist/index.js'), ...all], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const said: Buffer[] = []
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (part: Buffer) => said.push(part))
  const code = await new Promise((resolve) => child.on('close', resolve))
  writeFileSync(join(out, 'log.txt'), Buffer.concat(said))
  const file = readdirSync(out, { recursive: true }).find((name) => String(name).endsWith('checks.json'))
  const checks =
    file && existsSync(join(out, String(file)))
      ? (JSON.parse(readFileSync(join(out, String(file)), 'utf8')) as Check[])
      : []
  const bad = checks.filter(({ status }) => status === 'FAILURE' || status === 'WARNING')
  const why = bad.map(
    ({ id, errorMessage, description }) =>
      `${id}: ${(errorMessage ?? description ?? '').split('\n')[0]?.slice(0, 160)}`,
  )
  const isGood =
    code === 0 &&
    !checks.some(({ status }) => status === 'FAILURE') &&
    checks.some(({ status }) => status === 'SUCCESS')
  return { pass: isGood, why: isGood ? [] : [...new Set(why.length > 0 ? why : [`ended with ${code}`])].slice(0, 4) }
}

/** `count` at a time, in order of their start. */
export async function inParallel<T>(names: string[], count: number, work: (name: string) => Promise<T>): Promise<T[]> {
  const waiting = [...names.entries()]
  const results: T[] = []
  const next = async (): Promise<void> => {
    const [at, name] = waiting.shift() ?? []
    if (at === undefined || name === undefined) return
    results[at] = await work(name)
    return next()
  }
  await Promise.all(Array.from({ length: count }, next))
  return results
}

export function tell(cell: string, result: Result): Result {
  const { scenario, pass, why } = result
  console.log(`${pass ? '✓' : '✗'} ${cell}: ${scenario}${pass ? '' : `: ${why.join('; ')}`}`)
  return result
}

type Check = { id: string; status: string; errorMessage?: string; description?: string }
