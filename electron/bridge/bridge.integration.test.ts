import { spawn } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { connectControl } from './end/control.ts'
import { findHub } from './end/find-hub.ts'
import { writeLaunch } from './launch-file.ts'
import { callText, createProcesses, hubScript, kill } from './testing/processes.ts'

vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 })
const patience = { timeout: 60_000, interval: 20 }

let processes: Awaited<ReturnType<typeof createProcesses>>
beforeEach(async () => {
  processes = await createProcesses()
})
afterEach(() => processes.close())
const echo = (client: Client, text: string) => callText(client, 'echo', { text })
const ping = '{"jsonrpc":"2.0","id":1,"method":"ping"}'

test('a client of the official SDK lists and calls tools through the bridge', async () => {
  await processes.startHub()
  const client = await processes.connectClient()
  expect(client.getServerVersion()).toEqual({ name: 'echo', version: '1' })
  expect((await client.listTools()).tools.map(({ name }) => name)).toEqual(['echo'])
  expect(await echo(client, 'grüße\u2028 😀')).toBe('grüße\u2028 😀')
  const many = await Promise.all(Array.from({ length: 50 }, (_, index) => echo(client, `${index}`)))
  expect(many).toEqual(Array.from({ length: 50 }, (_, index) => `${index}`))
})

test('an answer of 9 MB and a request of 20 MB go through', async () => {
  await processes.startHub()
  const client = await processes.connectClient()
  const text = 'x'.repeat(9 * 1024 * 1024)
  expect((await echo(client, text))?.length).toBe(text.length)
  // The answer is larger than this client could take; it hears that instead of going deaf.
  await expect(echo(client, 'x'.repeat(20 * 1024 * 1024))).rejects.toThrow(
    'The answer is larger than this app can take',
  )
  expect(await echo(client, 'still here')).toBe('still here')
})

test('edge 43, pain 15: a client that starts two bridges and kills one keeps the other, and can start anew', async () => {
  await processes.startHub()
  const [first, second] = [processes.startBridge('echo'), processes.startBridge('echo')]
  const opening = '{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25"}}'
  first.type(opening)
  second.type(opening)
  await kill(first.child, 'SIGKILL')
  second.type(ping)
  await vi.waitFor(() => expect(second.said.out).toContain('"id":1,"result"'), patience)
  expect(await echo(await processes.connectClient(), 'anew')).toBe('anew')
})

test('an unknown server is said when the client opens, and the bridge stays', async () => {
  await processes.startHub()
  const { child, said, type } = processes.startBridge('nobody')
  type('{"jsonrpc":"2.0","id":0,"method":"initialize","params":{}}')
  await vi.waitFor(() => expect(said.out).toContain('\n'), patience)
  expect(JSON.parse(said.out)).toEqual({
    jsonrpc: '2.0',
    id: 0,
    error: {
      code: -32050,
      message: 'There is no server of this name: nobody',
      data: { code: 'bridge.unknown-server', remedy: 'open-servers' },
    },
  })
  expect(child.exitCode).toBeNull()
})

test('edge 41, the hub is killed and started again between two calls: the client notices nothing', async () => {
  await processes.writeSlowLaunch()
  const hub = await processes.startHub()
  const client = await processes.connectClient()
  expect(await echo(client, 'before')).toBe('before')
  await kill(hub, 'SIGKILL')
  await processes.startHub()
  expect(await echo(client, 'after')).toBe('after')
})

test('a call that is made while there is no hub waits for the next one', async () => {
  await processes.writeSlowLaunch()
  const hub = await processes.startHub()
  const client = await processes.connectClient()
  await kill(hub, 'SIGKILL')
  const call = echo(client, 'waited')
  await processes.startHub()
  expect(await call).toBe('waited')
})

test('case 37, pain 5: a call that runs while the hub is killed fails with a sentence, and the next one works', async () => {
  await processes.writeSlowLaunch()
  const hub = await processes.startHub()
  const client = await processes.connectClient()
  const hanging = client.callTool({ name: 'hang' }).catch((error: Error) => error.message)
  expect(await echo(client, 'it runs')).toBe('it runs')
  await kill(hub, 'SIGKILL')
  expect(await hanging).toContain('The connection was lost before the answer came')
  await processes.startHub()
  expect(await echo(client, 'again')).toBe('again')
})

test('edge 41, case 35: the bridge starts the app from the launch file when nobody answers', async () => {
  const pidFile = join(processes.home, 'pid')
  const boot = `require('fs').writeFileSync(${JSON.stringify(pidFile)}, String(process.pid)); import(${JSON.stringify(hubScript)})`
  // `-e` takes no file: the arguments begin at once, as they would after a script.
  await writeLaunch(processes.home, [process.execPath, '-e', boot, '--', processes.home, processes.home])
  const client = await processes.connectClient()
  expect(await echo(client, 'started')).toBe('started')
  process.kill(Number(await readFile(pidFile, 'utf8')), 'SIGKILL')
})

test('case 35: where no app can be had every request is answered, the bridge stays, and recovers when the app starts', async () => {
  const { child, said, type } = processes.startBridge('echo', '--client', 'cursor')
  type(ping)
  await vi.waitFor(() => expect(said.out).toContain('\n'), patience)
  expect(JSON.parse(said.out)).toEqual({
    jsonrpc: '2.0',
    id: 1,
    error: {
      code: -32050,
      message: 'The app is not running: start it and try again',
      data: { code: 'app.not-running', remedy: 'restart-app' },
    },
  })
  expect(child.exitCode).toBeNull()
  await processes.startHub()
  await vi.waitFor(() => {
    said.out = ''
    type('{"jsonrpc":"2.0","id":2,"method":"tools/list"}')
    return vi.waitFor(() => expect(said.out).toContain('"tools"'), { timeout: 2_000 })
  }, patience)
})

test('edge 2, edge 28, pain 14: it ends by itself when stdin ends, and said nothing but protocol', async () => {
  await processes.startHub()
  const { child, said, ended, type } = processes.startBridge('echo')
  type(ping)
  await vi.waitFor(() => expect(said.out).toContain('\n'), patience)
  child.stdin?.end()
  expect(await ended).toEqual({ code: 0, signal: null })
  expect(said).toEqual({ out: '{"jsonrpc":"2.0","id":1,"result":{}}\n', err: '' })
})

test.each(['SIGTERM', 'SIGHUP', 'SIGINT'] as const)('edge 28, pain 14: it ends on %s', async (signal) => {
  await processes.startHub()
  const { child, said, ended, type } = processes.startBridge('echo')
  type(ping)
  await vi.waitFor(() => expect(said.out).toContain('\n'), patience)
  child.kill(signal)
  expect(await ended).toEqual({ code: 0, signal: null })
})

test('edge 28, pain 14: it ends when its client is killed, also while it waits for the app', async () => {
  const { child, ended, type } = processes.startBridge('echo')
  type(ping)
  child.stdin?.destroy()
  child.stdout?.destroy()
  child.stderr?.destroy()
  expect((await ended).code).toBe(0)
})

test('wrong usage is a sentence on stderr and exit code 2, with nothing on stdout', async () => {
  const { said, ended } = processes.startBridge('--wrong')
  expect((await ended).code).toBe(2)
  expect(said).toEqual({ out: '', err: 'causeway-bridge: it does not know the option --wrong (see --help)\n' })
  const version = processes.startBridge('--version')
  expect((await version.ended).code).toBe(0)
  expect(version.said.out).toMatch(/^\d+\.\d+\.\d+\n$/)
})

test('a hub that was shut down in good order leaves nothing published, and takes nothing else with it', async () => {
  const hub = await processes.startHub()
  await writeFile(join(processes.home, 'run', 'mine.txt'), 'kept')
  const control = await connectControl({ runFolder: join(processes.home, 'run'), version: '1' })
  control?.onMessage(() => {})
  await kill(hub, 'SIGTERM')
  expect(findHub(join(processes.home, 'run'))).toBeNull()
  expect(await readFile(join(processes.home, 'run', 'mine.txt'), 'utf8')).toBe('kept')
})

test('pain 12: nothing is fetched at a start: the bridge loads five small built-in modules and nothing of the app', async () => {
  // Start-up is what people feel: a schema library or the SDK would cost more than Node itself.
  const { stdout } = spawn(process.execPath, ['--input-type=module', '-e', loadedModules], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let text = ''
  for await (const chunk of stdout) text += chunk
  expect(JSON.parse(text)).toEqual([
    'electron/bridge/end',
    'electron/causeway-bridge.ts',
    'electron/lib/paths.ts',
    'package.json',
    'shared/brand.ts',
  ])
})

const loadedModules = `
import { registerHooks } from 'node:module'
const seen = new Set()
const root = ${JSON.stringify(new URL('../../', import.meta.url).href)}
registerHooks({ load(url, context, next) {
  if (url.startsWith('file:')) seen.add(url.replace(root, '').replace(/(bridge\\/end)\\/.*/, '$1'))
  return next(url, context)
} })
process.argv = [process.argv[0], 'causeway-bridge', '--version']
const write = process.stdout.write
process.stdout.write = () => true
await import(root + 'electron/causeway-bridge.ts')
process.stdout.write = write
process.stdout.write(JSON.stringify([...seen].sort()))
`
