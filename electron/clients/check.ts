import { Client } from '@modelcontextprotocol/client'
import { getDefaultEnvironment, StdioClientTransport } from '@modelcontextprotocol/client/stdio'
import { brand } from '../../shared/brand.ts'
import type { Check } from '../../shared/contract/clients.ts'
import type { ServerId } from '../../shared/ids.ts'
import { Problem, type ProblemCode, type ProblemData, problems } from '../../shared/problems.ts'
import type { Command } from './app-row.ts'

const timeoutMs = 30_000
const mostPages = 50

/** Starts a command as an app would, makes the official handshake through it and counts the tools. Never rejects. */
export async function checkCommand(
  { command, args, env }: Command,
  { server, version, timeout = timeoutMs }: { server: ServerId; version: string; timeout?: number },
): Promise<Check> {
  const transport = new StdioClientTransport({
    ...{ command, args, stderr: 'pipe' },
    env: { ...getDefaultEnvironment(), ...env },
  })
  const client = new Client({ name: `${brand.slug}-check`, version })
  const said = collect(transport.stderr)
  const startedAt = performance.now()
  try {
    await client.connect(transport, { timeout })
    const tools = await countTools(client, timeout)
    return { server, state: 'ok', tools, milliseconds: Math.round(performance.now() - startedAt) }
  } catch (error) {
    return { server, state: 'failed', problem: toCheckProblem(error, command, said()) }
  } finally {
    await client.close().catch(() => {}) // it may never have run
  }
}

async function countTools(client: Client, timeout: number) {
  if (!client.getServerCapabilities()?.tools) return 0
  let count = 0
  let cursor: string | undefined
  for (let page = 0; page < mostPages; page++) {
    const answer = await client.listTools(cursor === undefined ? {} : { cursor }, { timeout })
    count += answer.tools.length
    cursor = answer.nextCursor
    if (cursor === undefined) break
  }
  return count
}

/** The last lines a program said on its error output: often the only reason there is. */
function collect(stream: StdioClientTransport['stderr']) {
  let text = ''
  stream?.on('data', (chunk: Buffer) => {
    text = (text + chunk.toString('utf8')).slice(-2000)
  })
  return () => text.trim().split('\n').at(-1)?.slice(0, 200) ?? ''
}

/** The bridge tells what is the matter with a problem's code in its JSON-RPC error; anything else is about the command. */
function toCheckProblem(error: unknown, command: string, said: string): ProblemData {
  const data = error instanceof Error && 'data' in error ? error.data : null
  const code = data && typeof data === 'object' && 'code' in data ? data.code : null
  const message = error instanceof Error ? error.message : String(error)
  if (typeof code === 'string' && Object.hasOwn(problems, code)) {
    const known = code as ProblemCode
    const [, detail] = message.split(`${problems[known].title}: `)
    return new Problem(known, detail).data
  }
  return new Problem('clients.check-failed', [command, message, said].filter(Boolean).join(': ')).data
}
