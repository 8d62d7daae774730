import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { PolicyState } from '../../shared/contract/policy.ts'
import { callText } from '../bridge/testing/processes.ts'
import { startSdkServer } from '../bridge/testing/sdk-server.ts'
import { type Administered, canAdminister, createAdministered } from './testing/administered.ts'

const patience = { timeout: 90_000, interval: 100 }
const cli = join(import.meta.dirname, '../causeway.ts')
const bridgeScript = join(import.meta.dirname, '../causeway-bridge.ts')
const connectScript = join(import.meta.dirname, '../causeway-connect.ts')

describe.skipIf(!canAdminister)('a policy in /etc/causeway', () => {
  let it: Administered
  let home: string
  let env: Record<string, string>
  let server: Awaited<ReturnType<typeof startSdkServer>>
  let clients: Client[]
  let agent: ChildProcess | null
  beforeEach(async () => {
    it = await createAdministered()
    home = join(it.folder, 'home')
    await mkdir(home)
    env = { PATH: process.env.PATH ?? '', HOME: home, CAUSEWAY_HOME: join(home, 'causeway'), BROWSER: '/bin/true' }
    server = await startSdkServer()
    clients = []
    agent = null
  })
  afterEach(async () => {
    for (const client of clients) await client.close()
    if (agent?.exitCode === null) {
      agent.kill('SIGTERM')
      await once(agent, 'close')
    }
    await server.close()
    await it.close()
  })

  async function causeway(...args: string[]) {
    const { command, args: given } = it.around(process.execPath, cli, ...args)
    const child = spawn(command, given, { env, stdio: ['ignore', 'pipe', 'pipe'] })
    const said = { out: '', err: '' }
    child.stdout.on('data', (part: Buffer) => {
      said.out += part.toString()
    })
    child.stderr.on('data', (part: Buffer) => {
      said.err += part.toString()
    })
    const [code] = (await once(child, 'close')) as [number]
    return { code, ...said }
  }
  async function startAgent() {
    const { command, args } = it.around(process.execPath, cli, 'agent')
    agent = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'inherit'] })
    await once(agent.stdout as NodeJS.ReadableStream, 'data')
  }
  const connect = () => open(it.around(process.execPath, connectScript, `${server.url}/mcp`))
  async function open(program: { command: string; args: string[] }) {
    const client = new Client({ name: 'Test app', version: '1' })
    clients.push(client)
    await client.connect(new StdioClientTransport({ ...program, env }))
    return client
  }
  const choose = async (choices: object) => {
    await mkdir(join(home, 'causeway'), { recursive: true })
    await writeFile(join(home, 'causeway/settings.json'), JSON.stringify(choices))
  }
  const forbidden = 'Only servers of the company’s list may be used here'
  const show = async () => {
    const { code, out } = await causeway('policy', '--json')
    return { code, state: JSON.parse(out) as PolicyState }
  }
  const rowOf = ({ rows }: PolicyState, key: string) => rows.find((row) => row.key === key)

  test('forbids servers by their address, whatever the person chose, without an app', async () => {
    await choose({ allowAdHoc: true })
    expect(await callText(await connect(), 'echo', { text: 'hi' })).toBe('hi')
    await it.write({ schemaVersion: 1, mandatory: { allowAdHoc: false } })
    await expect(connect()).rejects.toThrow(forbidden)
    // Nor does it help to spoil it.
    await it.write('{"schemaVersion": 1, "mandat')
    await expect(connect()).rejects.toThrow(forbidden)
  })

  test('holds in a running app within seconds, for the bridge that is open as well, and is lifted again', async () => {
    await choose({ allowAdHoc: true })
    await startAgent()
    const client = await connect()
    expect(await callText(client, 'echo', { text: 'before' })).toBe('before')
    await it.write({ schemaVersion: 1, mandatory: { allowAdHoc: false } })
    await vi.waitFor(() => expect(callText(client, 'echo', { text: 'after' })).rejects.toThrow(forbidden), patience)
    await expect(connect()).rejects.toThrow(forbidden)
    expect(rowOf((await show()).state, 'allowAdHoc')).toMatchObject({ locked: true, source: it.source })
    await rm(it.path)
    await vi.waitFor(async () => expect(await callText(await connect(), 'echo', { text: 'x' })).toBe('x'), patience)
  })

  test('is shown by the command line, with what is wrong in it, there and by the doctor', async () => {
    await choose({ activityDays: 7, answerMb: 5 })
    await it.write({
      schemaVersion: 1,
      mandatory: { activityDays: 90, allowAdHoc: 'maybe', theme: 'dark' },
      recommended: { answerMb: 20, startAtLogin: false },
    })
    const { code, state } = await show()
    expect(code).toBe(5)
    const said = state.rows.filter(({ origin }) => origin !== 'default').map((row) => [row.key, row.value, row.origin])
    expect(said).toEqual([
      ['allowAdHoc', false, 'mandatory'],
      ['activityDays', 90, 'mandatory'],
      ['answerMb', 5, 'person'],
      ['startAtLogin', false, 'recommended'],
    ])
    expect(rowOf(state, 'allowAdHoc')?.problem).toMatchObject({ code: 'policy.key-invalid' })
    expect(state.unknown).toMatchObject([{ code: 'policy.key-unknown', detail: `theme in ${it.source}` }])
    const { out } = await causeway('doctor')
    expect(out).toContain(`policy: ${it.source}\n  decided: allowAdHoc (mandatory), activityDays (mandatory)`)
    expect(out).toContain('[policy.key-invalid] allowAdHoc in /etc/causeway/policy.json')
    expect(out).toContain('[policy.key-unknown] theme in /etc/causeway/policy.json')
  })

  test('names the company, which neither the person nor the environment can change', async () => {
    await it.write({ schemaVersion: 1, mandatory: { company: server.url } })
    env.CAUSEWAY_COMPANY = 'https://other.example'
    await choose({ company: 'https://mine.example' })
    const { code, err } = await causeway('company', 'https://other.example')
    expect([code, err]).toEqual([1, expect.stringContaining('[policy.locked]')])
    const again = await causeway('company', server.url)
    expect([again.code, again.err]).toEqual([1, expect.stringMatching(/\[app\.company-/)])
    // It is asked, and is no company; the others are not.
    const { out } = await causeway('status', '--json')
    expect(JSON.parse(out)).toMatchObject({
      app: { company: null, problem: { code: expect.stringMatching(/^app\.company-/) } },
    })
    expect(JSON.parse(out).app.problem.detail).toContain('127.0.0.1')
    expect(JSON.parse(await readFile(join(home, 'causeway/settings.json'), 'utf8')).company).toBe(
      'https://mine.example',
    )
  })

  test('refused for its mode it is no absent one: no company is served, and it is said why', async () => {
    await choose({ company: 'https://mine.example' })
    await it.write({ schemaVersion: 1, mandatory: {} })
    await chmod(it.path, 0o666)
    const { out } = await causeway('status', '--json')
    expect(JSON.parse(out)).toMatchObject({
      app: { company: null, problem: { code: 'policy.unreadable', detail: expect.stringContaining(it.source) } },
      health: { overall: 'broken' },
    })
    expect((await show()).code).toBe(5)
    await startAgent()
    const bridge = it.around(process.execPath, bridgeScript, 'github', '--client', 'cursor')
    await expect(open(bridge)).rejects.toThrow('Your company’s rules for this computer cannot be trusted or read')
  })
})
