import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

const bin = join(import.meta.dirname, 'node_modules', '.bin')
type Machine = { home: string; folder: string; env: Record<string, string> }
/** What a client says about its servers: by name, whether it is connected. */
export type Seen = { connected: string[]; said: string }

// Colours and spinners would stand between the words.
const plain = (text: string) => text.replace(new RegExp(`${String.fromCharCode(27)}\\[[0-9;?]*[A-Za-z]`, 'g'), '')

function start({ folder, env }: Machine, program: string, args: string[], more: Record<string, string> = {}) {
  return spawn(join(bin, program), args, {
    cwd: folder,
    env: { ...env, NO_COLOR: '1', ...more },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
}

async function run(machine: Machine, program: string, args: string[], more?: Record<string, string>) {
  const child = start(machine, program, args, more)
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (part: Buffer) => (said += part.toString()))
  child.stdin.end()
  await once(child, 'close')
  return plain(said)
}

/** `✓ github: /path/to/bridge … (stdio) - Connected` */
export async function askGemini(machine: Machine): Promise<Seen> {
  const said = await run(machine, 'gemini', ['mcp', 'list'], { GEMINI_CLI_TRUST_WORKSPACE: 'true' })
  return { said, connected: [...said.matchAll(/✓ ([\w-]+):.* - Connected/g)].map(([, name = '']) => name) }
}

/** `●  ✓ github connected` */
export async function askOpencode(machine: Machine): Promise<Seen> {
  const said = await run(machine, 'opencode', ['mcp', 'list'])
  return { said, connected: [...said.matchAll(/✓ ([\w-]+)\s+connected/g)].map(([, name = '']) => name) }
}

type Status = { name: string; tools: Record<string, unknown> }

/** Its list only tells what is configured; its server for editors starts each one and tells the tools it found. */
export async function askCodex(machine: Machine): Promise<Seen> {
  const child = start(machine, 'codex', ['app-server'])
  const send = (message: object) => child.stdin.write(`${JSON.stringify(message)}\n`)
  const answers = new Map<number, (message: { result?: unknown; error?: unknown }) => void>()
  let said = ''
  createInterface({ input: child.stdout }).on('line', (line) => {
    said += `${line}\n`
    const message = JSON.parse(line) as { id?: number; result?: unknown }
    if (message.id !== undefined) answers.get(message.id)?.(message)
  })
  const ask = (id: number, method: string, params: object) =>
    new Promise<{ result?: unknown; error?: unknown }>((resolve, reject) => {
      answers.set(id, resolve)
      child.once('close', () => reject(new Error(`codex ended: ${said}`)))
      send({ id, method, params })
    })
  try {
    await ask(1, 'initialize', { clientInfo: { name: 'causeway-test', title: 'Test', version: '1.0.0' } })
    send({ method: 'initialized' })
    const { result, error } = await ask(2, 'mcpServerStatus/list', {})
    if (error) throw new Error(JSON.stringify(error))
    const { data } = result as { data: Status[] }
    const connected = data.filter(({ tools }) => Object.keys(tools).length > 0).map(({ name }) => name)
    return { said: data.map(({ name, tools }) => `${name}: ${Object.keys(tools).length} tools`).join('\n'), connected }
  } finally {
    child.kill('SIGKILL')
  }
}
