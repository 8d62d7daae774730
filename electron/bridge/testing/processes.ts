import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js'
import { writeLaunch } from '../launch-file.ts'

const script = (path: string) => fileURLToPath(new URL(path, import.meta.url))
const bridgeScript = script('../../causeway-bridge.ts')
export const hubScript = script('./hub-process.ts')

let bridge = { command: process.execPath, args: [bridgeScript] }
/** Lets the tests of a file run against another build of the bridge than the Node one. */
export function setBridge(build: typeof bridge) {
  bridge = build
}

export async function kill(child: ChildProcess, signal: NodeJS.Signals) {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, 'exit')
  child.kill(signal)
  await gone
}

/** A data folder with real processes around it: hubs, bridges, clients. `close` leaves none of them. */
export async function createProcesses() {
  const home = await mkdtemp(join(tmpdir(), 'causeway-'))
  const started: ChildProcess[] = []
  const clients: Client[] = []
  const env = { PATH: process.env.PATH ?? '', HOME: home, CAUSEWAY_HOME: home }

  async function startHub(endpoint?: object) {
    const args = [hubScript, home, ...(endpoint ? [JSON.stringify(endpoint)] : [])]
    const hub = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'], env })
    started.push(hub)
    await once(hub.stdout, 'data')
    return hub
  }
  async function connectClient(server = 'echo', prepare: (client: Client) => void = () => {}) {
    const client = new Client({ name: 'Test app', version: '1' }, { capabilities: { roots: {} } })
    prepare(client)
    clients.push(client)
    const args = [...bridge.args, server, '--client', 'vscode']
    await client.connect(new StdioClientTransport({ command: bridge.command, args, env, stderr: 'inherit' }))
    return client
  }
  function startBridge(...args: string[]) {
    const child = spawn(bridge.command, [...bridge.args, ...args], { stdio: 'pipe', env })
    started.push(child)
    const said = { out: '', err: '' }
    child.stdout.on('data', (chunk) => {
      said.out += chunk
    })
    child.stderr.on('data', (chunk) => {
      said.err += chunk
    })
    // Not `exit`: what it said last may still be on its way then.
    const ended = once(child, 'close').then(([code, signal]) => ({ code, signal }))
    return { child, said, ended, type: (line: string) => child.stdin.write(`${line}\n`) }
  }
  return {
    home,
    startHub,
    connectClient,
    startBridge,
    /** How a client of any make starts the bridge. */
    bridgeCommand: (server: string) => ({ command: bridge.command, args: [...bridge.args, server], env }),
    /** With an app that is believed to be starting, a request waits longer than any load holds up the hub of a test. */
    writeSlowLaunch: () => writeLaunch(home, [process.execPath, '-e', '']),
    async close() {
      for (const client of clients) await client.close()
      for (const child of started) await kill(child, 'SIGKILL')
      await rm(home, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

export async function callText(client: Client, name: string, args: Record<string, unknown> = {}) {
  const { content } = await client.callTool({ name, arguments: args })
  return (content as { text: string }[])[0]?.text
}
