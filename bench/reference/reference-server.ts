import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Stats } from './state.ts'

export type Transport = 'http' | 'json' | 'sse' | 'split' | 'modern'
export type Command =
  | { do: 'stats' }
  | { do: 'set-token'; token: string | null }
  | { do: 'set-latency'; ms: number }
  | { do: 'forget-sessions' }
  | { do: 'cut-streams' }

const script = fileURLToPath(new URL('./reference-process.ts', import.meta.url))

/** The server that bridges are measured and tested against, in a process of its own; it keeps its port over restarts. */
export async function startReferenceServer({ token, issuer }: { token?: string; issuer?: string } = {}) {
  let port = 0
  let child: ChildProcess
  let lastId = 0
  const waiting = new Map<number, (answer: Stats) => void>()

  async function start() {
    child = fork(script, {
      execArgv: [],
      env: {
        PATH: process.env.PATH,
        REFERENCE_PORT: `${port}`,
        ...(token ? { REFERENCE_TOKEN: token } : {}),
        ...(issuer ? { REFERENCE_ISSUER: issuer } : {}),
      },
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    })
    const [first] = (await once(child, 'message')) as [{ ready: number }]
    port = first.ready
    child.on('message', (message: { id: number; answer: Stats }) => {
      waiting.get(message.id)?.(message.answer)
      waiting.delete(message.id)
    })
  }
  /** At once, as in a crash; the port stays reserved for `start`. */
  async function kill() {
    if (child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
  function ask(command: Command): Promise<Stats> {
    lastId += 1
    const answer = new Promise<Stats>((resolve) => waiting.set(lastId, resolve))
    child.send({ id: lastId, command })
    return answer
  }
  await start()

  const paths = { http: '/mcp', json: '/mcp-json', sse: '/sse', split: '/events', modern: '/modern' }
  return {
    url: (transport: Transport) => `http://127.0.0.1:${port}${paths[transport]}`,
    endpoint(transport: Transport) {
      const url = this.url(transport)
      if (transport === 'split')
        return { transport: 'sse-split', streamUrl: url, messageUrl: new URL('/rpc', url).href }
      return { transport: transport === 'sse' ? 'sse' : 'http', url }
    },
    ask,
    stats: () => ask({ do: 'stats' }),
    start,
    kill,
    async restart() {
      await kill()
      await start()
    },
  }
}
export type ReferenceServer = Awaited<ReturnType<typeof startReferenceServer>>
