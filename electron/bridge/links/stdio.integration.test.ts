import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { codeOf, openTestLink, until } from './test-link.ts'

// A local server of few lines: it answers calls by name, and dies, floods or forks when told to.
const source = `
  const { createInterface } = require('node:readline')
  const { spawn } = require('node:child_process')
  const { appendFileSync } = require('node:fs')
  const [, , notes, mode] = process.argv
  const note = (text) => appendFileSync(notes, text + '\\n')
  note('started ' + process.pid)
  console.error('hello from stderr')
  if (mode === 'crash') process.exit(3)
  if (mode === 'chatty') for (let line = 0; line < 5000; line += 1) console.error('line ' + line)
  if (mode === 'deaf') return setInterval(() => {}, 1000)
  if (mode === 'stubborn') { process.on('SIGTERM', () => note('SIGTERM')); setInterval(() => {}, 1000) }
  if (mode === 'parent') note('child ' + spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' }).pid)
  let isOpen = false
  const say = (value) => process.stdout.write(JSON.stringify(value) + '\\n')
  createInterface({ input: process.stdin }).on('line', (line) => {
    const { id, method, params } = JSON.parse(line)
    note(method)
    if (method === 'initialize') { isOpen = true; return say({ jsonrpc: '2.0', id, result: { protocolVersion: '2025-11-25', capabilities: {}, serverInfo: { name: 'local', version: String(process.pid) } } }) }
    if (id === undefined) return
    const name = params && params.name
    if (name === 'die') process.exit(1)
    if (name === 'hang') return
    if (name === 'garbage') process.stdout.write('not json\\r\\n\\r\\n')
    if (name === 'large') return process.stdout.write(JSON.stringify({ jsonrpc: '2.0', result: 'x'.repeat(300000), id }) + '\\n')
    say({ jsonrpc: '2.0', id, result: { isOpen, pid: process.pid, env: process.env, args: process.argv.slice(3), cwd: process.cwd() } })
  })
  process.stdin.on('end', () => { if (mode !== 'stubborn') process.exit(0) })
`

function openLocal({
  mode = 'plain',
  args = [] as string[],
  env = {},
  ...options
}: { mode?: string; args?: string[]; env?: Record<string, string> } & Parameters<typeof openTestLink>[1] = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'causeway stdio '))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const script = join(folder, 'server.cjs')
  const notes = join(folder, 'notes')
  writeFileSync(script, source)
  writeFileSync(notes, '')
  const endpoint = {
    transport: 'stdio',
    command: process.execPath,
    args: [script, notes, mode, ...args],
    env,
    cwd: folder,
  }
  const link = openTestLink(endpoint, options)
  const noted = () => readFileSync(notes, 'utf8').split('\n').filter(Boolean)
  return { ...link, folder, noted }
}

const isAlive = (pid: number) => {
  try {
    // A zombie still has a pid; its state tells (Linux), and elsewhere the parent has waited for it.
    process.kill(pid, 0)
    return process.platform !== 'linux' || !/^\d+ \(.*\) [ZX]/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return false
  }
}

test('a local server is started with the first message, without a shell, in its folder, with its own arguments', async () => {
  const link = openLocal({ args: ['$HOME `id` ; echo', "it's"] })
  expect(link.noted()).toEqual([])
  expect(await link.initialize()).toMatchObject({ result: { serverInfo: { name: 'local' } } })
  const { result } = await link.call(1)
  expect(result?.args).toEqual(['plain', '$HOME `id` ; echo', "it's"])
  expect(result?.cwd).toBe(link.folder)
})

test('its environment is what was configured and a short list of names, nothing else of ours', async () => {
  const link = openLocal({
    env: { API_URL: 'x' },
    environment: { PATH: '/bin', HOME: '/h', SECRET_TOKEN: 's', NODE_OPTIONS: '--bad' },
  })
  await link.initialize()
  expect((await link.call(1)).result?.env).toEqual({ PATH: '/bin', HOME: '/h', API_URL: 'x' })
})

test('what it says on stderr goes to the log and nowhere else', async () => {
  const link = openLocal()
  await link.initialize()
  await until(() => link.logLines.find((line) => line.includes('hello from stderr')))
  expect(link.delivered).toHaveLength(1)
})

test('one that says too much on stderr is heard for 200 lines a minute', async () => {
  const link = openLocal({ mode: 'chatty' })
  await link.initialize()
  await until(() => link.logLines.find((line) => line.includes('process.too-chatty')))
  expect(link.logLines.filter((line) => line.includes('process.said'))).toHaveLength(200)
})

test('edge 2, one that does not read what it is sent is told of, and no more is kept for it than two messages of the largest', async () => {
  const link = openLocal({ mode: 'deaf', maxMessageBytes: 100_000 })
  const call = (id: number) =>
    link.send({ jsonrpc: '2.0', id, method: 'tools/call', params: { text: 'x'.repeat(90_000) } })
  for (let id = 1; id <= 6; id += 1) call(id)
  const answer = await link.outcome(6)
  expect(codeOf(answer)).toBe('bridge.process-failed')
  expect(answer.error?.message).toContain('does not read what it is sent')
  expect(link.failed.length).toBeLessThan(4)
})

test('edge 7, a line that is no JSON never reaches the client, and reading goes on', async () => {
  const link = openLocal()
  await link.initialize()
  expect(await link.call(1, 'garbage')).toMatchObject({ result: {} })
  expect(link.delivered).toHaveLength(2)
})

test('edge 3, a line over the limit is an error for that id', async () => {
  const link = openLocal({ maxMessageBytes: 100_000 })
  await link.initialize()
  expect(codeOf(await link.call(1, 'large'))).toBe('bridge.answer-too-large')
  expect(await link.call(2)).toMatchObject({ result: {} })
})

test('edge 3, size: 20 MB to the server and its echo', async () => {
  const link = openLocal()
  await link.initialize()
  expect(await link.call(1, 'x', { text: 'x'.repeat(20_000_000) })).toMatchObject({ result: {} })
})

test('edge 27, when it dies its running calls fail, it is started again with the client’s own initialize, and works', async () => {
  const link = openLocal()
  await link.initialize()
  link.send({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'hang' } })
  link.send({ jsonrpc: '2.0', id: 2, method: 'tools/call', params: { name: 'die' } })
  expect(codeOf(await link.outcome(1))).toBe('bridge.process-failed')
  expect(codeOf(await link.outcome(2))).toBe('bridge.process-failed')
  expect(await link.call(3)).toMatchObject({ result: { isOpen: true } })
  expect(link.noted().filter((line) => line === 'initialize')).toHaveLength(2)
  expect(link.noted().filter((line) => line === 'notifications/initialized')).toHaveLength(2)
  expect(link.delivered).toHaveLength(2)
})

test('one that dies at once says so, and is started again by the next initialize only', async () => {
  const link = openLocal({ mode: 'crash' })
  const answer = await link.initialize(1)
  expect(codeOf(answer)).toBe('bridge.process-failed')
  expect(answer.error?.message).toContain('exit code 3')
  expect(codeOf(await link.initialize(2))).toBe('bridge.process-failed')
  expect(link.noted()).toHaveLength(2)
})

test('a command that does not exist is named', async () => {
  const link = openTestLink({ transport: 'stdio', command: 'no-such-command-here' })
  const answer = await link.initialize()
  expect(codeOf(answer)).toBe('bridge.process-failed')
  expect(answer.error?.message).toContain('no-such-command-here was not found')
})

test.each([
  ['ends with its input', 'plain'],
  ['ignores the end of its input and SIGTERM', 'stubborn'],
  ['has started others', 'parent'],
])('edge 28, close: a server that %s is gone afterwards, and what it started', async (_name, mode) => {
  const link = openLocal({ mode, timings: { closeMs: 1000 } })
  await link.initialize()
  const pids = link.noted().flatMap((line) => /^(?:started|child) (\d+)$/.exec(line)?.slice(1).map(Number) ?? [])
  expect(pids.length).toBe(mode === 'parent' ? 2 : 1)
  expect(pids.every(isAlive)).toBe(true)
  await link.link.close()
  await until(() => !pids.some(isAlive), 'the processes to end')
  if (mode === 'stubborn') expect(link.noted()).toContain('SIGTERM')
})

test('edge 43, a second initialize gets a process of its own, and the first is ended', async () => {
  const link = openLocal()
  const first = await link.initialize(1)
  const second = await link.initialize(2)
  const pidOf = (answer: typeof first) =>
    Number((answer.result?.serverInfo as { version?: string } | undefined)?.version)
  expect(pidOf(second)).not.toBe(pidOf(first))
  expect(await link.call(3)).toMatchObject({ result: { pid: pidOf(second) } })
  await until(() => !isAlive(pidOf(first)))
})
