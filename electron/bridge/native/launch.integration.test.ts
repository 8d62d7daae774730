import { chmod, readFile, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, describe, test, vi } from 'vitest'
import { writeLaunch } from '../launch-file.ts'
import { callLine } from '../testing/session-bench.ts'
import { createBench, failed, notRunning, waitFor } from './test-bench.ts'
import { createBuilds, nodeBuild } from './test-builds.ts'

// The app is started because a request waits: once, in the background, and with nothing of the client's about it.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000, maxConcurrency: 6 })
const builds = await createBuilds()
afterAll(builds.close)
const all = [nodeBuild, await builds.release(), await builds.sanitized()]

/** A program that writes down each of its starts: process, group, arguments, folder, open files and environment. */
const writeApp = (home: string, ...args: string[]) => {
  const script = `
    const { appendFileSync, readdirSync, readlinkSync, readFileSync } = require('fs')
    const files = [0, 1, 2].map((file) => readlinkSync('/proc/self/fd/' + file))
    const session = Number(readFileSync('/proc/self/stat', 'utf8').split(') ')[1].split(' ')[3])
    const start = { session, args: process.argv.slice(1), cwd: process.cwd(), files, env: process.env }
    appendFileSync(${JSON.stringify(join(home, 'starts'))}, JSON.stringify(start) + String.fromCharCode(10))`
  return writeLaunch(home, [process.execPath, '-e', script.trim().replaceAll(/\n\s*/g, ';'), '--', ...args])
}
type Start = { session: number; args: string[]; cwd: string; files: string[]; env: Record<string, string> }
const readStarts = async (home: string) => {
  const text = await readFile(join(home, 'starts'), 'utf8').catch(() => '')
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Start)
}
const readSession = async (pid: number) =>
  Number((await readFile(`/proc/${pid}/stat`, 'utf8')).split(') ')[1]?.split(' ')[3])

/** Comes back with the starts once there are so many. */
const starts = async (home: string, count: number) => {
  let found: Start[] = []
  await vi.waitFor(
    async () => {
      found = await readStarts(home)
      if (found.length < count) throw new Error(`${found.length} of ${count} starts`)
    },
    { timeout: 150_000, interval: 20 },
  )
  return found
}

describe.concurrent.each(all)('$name build', (build) => {
  test('starts the app on its own feet, without what AI clients leave in the environment', async ({
    expect,
    onTestFinished,
  }) => {
    const { home, startBridge } = await createBench(build, onTestFinished)
    await writeApp(home, 'a b', '', '"q"', '$HOME', 'ü')
    const kept = { LANG: 'C.UTF-8', NODENV: 'kept', MY_NODE_ENV: 'kept', LD_PRELOAD_NOT: 'kept', NPM: 'kept' }
    const removed = {
      NODE_EXTRA: '1',
      ELECTRON_RUN_AS_NODE: '1',
      npm_config_x: '1',
      VSCODE_PID: '1',
      DYLD_X: '1',
      Ld_Library_Path: '/x',
    }
    const { child, type } = startBridge({ env: { ...kept, ...removed } })
    type('{"jsonrpc":"2.0","method":"notifications/x"}')
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect(await readStarts(home)).toEqual([]) // nobody waits for it
    type(callLine(1))
    const [start] = await starts(home, 1)
    expect(start).toMatchObject({ args: ['a b', '', '"q"', '$HOME', 'ü'], cwd: home, env: kept })
    expect(Object.keys(start?.env ?? {}).filter((name) => name in removed)).toEqual([])
    expect(start?.files).toEqual(['/dev/null', '/dev/null', '/dev/null'])
    expect(start?.session).not.toBe(await readSession(child.pid ?? 0))
  })

  test('edge 40, many bridges start one app; a start that led to nothing is tried again later', async ({
    expect,
    onTestFinished,
  }) => {
    const { home, startBridge } = await createBench(build, onTestFinished)
    await writeApp(home)
    for (let bridge = 0; bridge < 6; bridge += 1) startBridge().type(callLine(bridge))
    await starts(home, 1)
    // Each of them has seen that the start is under way.
    await new Promise((resolve) => setTimeout(resolve, 1000))
    expect(await readStarts(home)).toHaveLength(1)
    const longAgo = new Date(Date.now() - 60_000)
    await utimes(join(home, 'launch.lock'), longAgo, longAgo)
    startBridge().type(callLine(7))
    await starts(home, 2)
  })

  const notBelieved: [string, string, number][] = [
    ['is empty', '', 0o600],
    ['is cut short', '/bin/touch\nstarted', 0o600],
    ['names no full path', 'touch\nstarted\n', 0o600],
    ['others may write to', '/bin/touch\nstarted\n', 0o620],
  ]
  test.for(notBelieved)(
    'nothing is started from a launch file that %s',
    async ([, text, mode], { expect, onTestFinished }) => {
      const { home, startBridge } = await createBench(build, onTestFinished)
      await writeFile(join(home, 'launch'), text)
      await chmod(join(home, 'launch'), mode)
      const { type, hears } = startBridge()
      type(callLine(1))
      expect(await hears('error')).toEqual([failed(1, notRunning())])
      await expect(readFile(join(home, 'started'))).rejects.toThrow('ENOENT')
      await expect(readFile(join(home, 'launch.lock'))).rejects.toThrow('ENOENT')
    },
  )

  test('a program that is not there is no app: the request is told after its 20 seconds', async ({
    expect,
    onTestFinished,
  }) => {
    const { home, startBridge } = await createBench(build, onTestFinished)
    await writeLaunch(home, [join(home, 'gone')])
    const { type, hears } = startBridge()
    type(callLine(1))
    expect(await hears('error')).toEqual([failed(1, notRunning())])
  })

  test('a hub that comes while the app is believed to be starting gets what waited', async ({
    expect,
    onTestFinished,
  }) => {
    const { home, hub, startBridge, arrives } = await createBench(build, onTestFinished)
    await writeApp(home)
    const { type, heard } = startBridge()
    type(callLine(1))
    await starts(home, 1)
    await waitFor(() => heard.length() === 0)
    await hub.start()
    await arrives(callLine(1))
    expect(heard.length()).toBe(0)
  })
})
