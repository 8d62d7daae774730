import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { writeLaunch } from './launch-file.ts'
import { callText, createProcesses, hubScript, kill } from './testing/processes.ts'
import { startSdkServer } from './testing/sdk-server.ts'

vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 })
const patience = { timeout: 60_000, interval: 50 }
const script = join(import.meta.dirname, '../causeway-connect.ts')

let processes: Awaited<ReturnType<typeof createProcesses>>
let server: Awaited<ReturnType<typeof startSdkServer>>
let clients: Client[] = []
beforeEach(async () => {
  processes = await createProcesses()
  server = await startSdkServer()
})
afterEach(async () => {
  for (const client of clients) await client.close()
  clients = []
  await processes.close()
  await server.close()
})

async function connect(...args: string[]) {
  const client = new Client({ name: 'Test app', version: '1' })
  clients.push(client)
  const temp = join(processes.home, 'temp')
  await mkdir(temp, { recursive: true })
  const env = { PATH: process.env.PATH ?? '', HOME: processes.home, CAUSEWAY_HOME: processes.home, TMPDIR: temp }
  const transport = new StdioClientTransport({ command: process.execPath, args: [script, ...args], env })
  await client.connect(transport)
  return { client, temp }
}

test.each([
  ['http', 'mcp'],
  ['sse', 'sse'],
  ['auto', 'mcp'],
])('without an app, a server by its address, over %s', async (transport, path) => {
  const { client, temp } = await connect(`${server.url}/${path}`, '--transport', transport)
  expect(await callText(client, 'echo', { text: 'hi' })).toBe('hi')
  expect(existsSync(join(processes.home, 'run'))).toBe(false)
  await client.close()
  await vi.waitFor(async () => expect(await readdir(temp)).toEqual([]), patience)
  if (path === 'mcp') expect(server.counts().deleted).toBe(1)
})

test('through the app where it runs, and by itself once the app is gone', async () => {
  const hub = await processes.startHub()
  const { client, temp } = await connect(`${server.url}/mcp`)
  expect(await callText(client, 'echo', { text: 'by the app' })).toBe('by the app')
  expect(await readdir(temp)).toEqual([])
  await kill(hub, 'SIGKILL')
  await vi.waitFor(async () => expect(await callText(client, 'echo', { text: 'alone' })).toBe('alone'), patience)
})

describe('a server that wants a sign-in', () => {
  beforeEach(async () => {
    await server.close()
    server = await startSdkServer(0, 'from-the-app')
  })

  test('is reached through the app, which is started for it: the client’s own initialize is answered by it', async () => {
    const pidFile = join(processes.home, 'pid')
    const boot = `process.env.SIGNED_IN = 'from-the-app'; require('fs').writeFileSync(${JSON.stringify(pidFile)}, String(process.pid)); import(${JSON.stringify(hubScript)})`
    await writeLaunch(processes.home, [process.execPath, '-e', boot, '--', processes.home, processes.home])
    const { client, temp } = await connect(`${server.url}/mcp`)
    expect(await callText(client, 'echo', { text: 'signed in' })).toBe('signed in')
    await vi.waitFor(async () => expect(await readdir(temp)).toEqual([]), patience)
    process.kill(Number(await readFile(pidFile, 'utf8')), 'SIGKILL')
  })

  test('says where there is no app what to do, and is reached with what the command line brings', async () => {
    await expect(connect(`${server.url}/mcp`)).rejects.toThrow(/start Causeway, which signs in.*--bearer/)
    const { client } = await connect(`${server.url}/mcp`, '--bearer', 'from-the-app')
    expect(await callText(client, 'echo', { text: 'hi' })).toBe('hi')
    await expect(connect(`${server.url}/mcp`, '--bearer', 'wrong')).rejects.toThrow('The server refused the key')
  })
})

test.runIf(process.platform === 'linux')(
  'a person who starts it in a terminal is told what it waits for, and it still carries',
  async () => {
    const run = `${process.execPath} ${script} ${server.url}/mcp`
    const env = { PATH: process.env.PATH ?? '', HOME: processes.home, CAUSEWAY_HOME: processes.home }
    const terminal = spawn('script', ['-qec', run, '/dev/null'], { env })
    let shown = ''
    terminal.stdout.on('data', (chunk) => {
      shown += chunk
    })
    await vi.waitFor(() => expect(shown).toContain('waits for the messages of an AI client'), patience)
    terminal.stdin.write('{"jsonrpc":"2.0","id":"typed","method":"ping"}\n')
    await vi.waitFor(() => expect(shown).toMatch(/"id":"typed","(result|error)"/), patience)
    terminal.stdin.end()
    await kill(terminal, 'SIGKILL')
  },
)

test('what the person forbade in the app stays forbidden without it', async () => {
  await writeFile(join(processes.home, 'settings.json'), '{"allowAdHoc":false}')
  await expect(connect(`${server.url}/mcp`)).rejects.toThrow('Only servers of the company’s list may be used here')
  await writeFile(join(processes.home, 'settings.json'), '{"allowAdHoc":')
  await expect(connect(`${server.url}/mcp`)).rejects.toThrow('Only servers of the company’s list may be used here')
  expect(server.counts().opened).toBe(0)
})
