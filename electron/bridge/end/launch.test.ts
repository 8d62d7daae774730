import { chmod, mkdtemp, readFile, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { writeLaunch } from '../launch-file.ts'
import { launchApp, readLaunch } from './launch.ts'

vi.setConfig({ testTimeout: 30_000 })
let home = ''
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'launch-'))
})
afterEach(() => rm(home, { recursive: true, force: true }))

/** A program that writes down how often it was started, with which arguments and environment. */
const writeProgram = (...args: string[]) => {
  const script = `require('fs').appendFileSync(${JSON.stringify(join(home, 'out'))}, JSON.stringify([process.argv.slice(1), process.env]) + '\\n')`
  return writeLaunch(home, [process.execPath, '-e', script, ...args])
}
const starts = async () =>
  (await readFile(join(home, 'out'), 'utf8'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as [string[], Record<string, string>])

test('starts the program with its arguments, without what AI clients leave in the environment', async () => {
  await writeProgram('--', 'a b', '--hidden')
  const env = { PATH: '/usr/bin', NODE_OPTIONS: '--no-such', ELECTRON_RUN_AS_NODE: '1', LANG: 'C' }
  expect(launchApp({ dataFolder: home, env })).toBe(true)
  await vi.waitFor(async () => expect(await starts()).toHaveLength(1), { timeout: 20_000 })
  const [[args, seen]] = (await starts()) as [[string[], Record<string, string>]]
  expect(args).toEqual(['a b', '--hidden'])
  expect(seen).toMatchObject({ PATH: '/usr/bin', LANG: 'C' })
  expect(Object.keys(seen).filter((name) => /NODE|ELECTRON/.test(name))).toEqual([])
})

test('edge 40, many bridges start one app, and a start that led to nothing is tried again later', async () => {
  await writeProgram()
  for (let bridge = 0; bridge < 20; bridge += 1) expect(launchApp({ dataFolder: home, env: {} })).toBe(true)
  await vi.waitFor(async () => expect(await starts()).toHaveLength(1), { timeout: 20_000 })
  const longAgo = new Date(Date.now() - 60_000)
  await utimes(join(home, 'launch.lock'), longAgo, longAgo)
  launchApp({ dataFolder: home, env: {} })
  await vi.waitFor(async () => expect(await starts()).toHaveLength(2), { timeout: 20_000 })
})

test('nothing is started from a file that is missing, cut short, relative or writable by others', async () => {
  expect(launchApp({ dataFolder: home, env: {} })).toBe(false)
  const path = join(home, 'launch')
  for (const text of ['', '/bin/true', 'true\n', './x\n']) {
    await writeFile(path, text, { mode: 0o600 })
    expect(readLaunch(home)).toBeNull()
  }
  await writeFile(path, '/bin/true\n')
  expect(readLaunch(home)).toEqual(['/bin/true'])
  await chmod(path, 0o620)
  expect(readLaunch(home)).toBeNull()
})

test('a command that lines cannot hold is not written', async () => {
  await expect(writeLaunch(home, ['/bin/true', 'a\nb'])).rejects.toThrow('cannot be written in lines')
})
