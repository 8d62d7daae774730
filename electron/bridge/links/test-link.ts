import { setTimeout as delay } from 'node:timers/promises'
import { onTestFinished } from 'vitest'
import { ServerConfig } from '../../../shared/server-config.ts'
import { createPlainHttp1 } from '../../lib/http1/testing.ts'
import { createMemoryLog } from '../../lib/log.ts'
import type { LinkNeeds } from '../link.ts'
import type { RpcError } from '../message.ts'
import { scan } from '../scan.ts'
import type { EraVerdict, LinkOptions } from './link-options.ts'
import { openLink } from './open-link.ts'
import { createSharedServers } from './shared-servers.ts'

type Json = Record<string, unknown>
type Options = Partial<LinkOptions> & Partial<Pick<LinkNeeds, 'headers' | 'deliver'>> & { auth?: Json }

/** Waits for a condition and not for a time: these tests run on loaded machines. */
export async function until<T>(find: () => T | undefined | false, what = 'it'): Promise<T> {
  const end = performance.now() + 20_000
  for (;;) {
    const found = find()
    if (found !== undefined && found !== false) return found
    if (performance.now() > end) throw new Error(`waited in vain for ${what}`)
    await delay(5)
  }
}

/** Most tests are about the revisions with sessions: nobody is asked which ones a server speaks. */
const older: EraVerdict = { speaks: 'legacy', at: '2999-01-01T00:00:00.000Z' }

/** A link as the hub opens it, with everything it hands back kept. */
export function openTestLink(endpoint: Json, options: Options = {}) {
  const { headers = async () => ({}), deliver, timings, auth, ...rest } = options
  const memory = createMemoryLog()
  const delivered: string[] = []
  const failed: { id: string; error: RpcError }[] = []
  const ended: RpcError[] = []
  const own = createPlainHttp1()
  const dispatcher = options.dispatcher ?? own
  const shared = options.shared ?? createSharedServers({ version: '0' })
  const link = openLink(
    {
      server: ServerConfig.parse({ id: 'test', name: 'Test server', endpoint, ...(auth ? { auth } : {}) }),
      headers,
      deliver: deliver ?? ((line) => void delivered.push(line.toString())),
      fail: (id, error) => void failed.push({ id, error }),
      ended: (error) => void ended.push(error),
      log: memory.log,
    },
    {
      recallEra: () => older,
      ...rest,
      dispatcher,
      shared,
      timings: { backoffFirstMs: 20, backoffMostMs: 100, lingerMs: 50, ...timings },
    },
  )
  onTestFinished(async () => {
    await link.close()
    await shared.close()
    await own.destroy()
  })

  /** Sends a line of the client, as text or as a value. */
  function send(message: Json | string) {
    const scanned = scan(Buffer.from(typeof message === 'string' ? message : JSON.stringify(message)))
    if (!scanned.ok) throw new Error(`no message: ${message}`)
    link.send(scanned.message)
  }

  const find = (id: unknown) => delivered.find((line) => JSON.parse(line).id === id && !JSON.parse(line).method)
  /** The answer or the error a request got. */
  const outcome = (id: unknown) =>
    until(
      () => {
        const line = find(id)
        if (line) return JSON.parse(line) as { result?: Json; error?: RpcError }
        const failure = failed.find((each) => each.id === JSON.stringify(id))
        return failure && { error: failure.error }
      },
      `the answer to ${JSON.stringify(id)}`,
    )

  const request = (id: unknown, method: string, params: Json = {}) => {
    send({ jsonrpc: '2.0', id, method, params } as Json)
    return outcome(id)
  }
  const notify = (method: string, params: Json = {}) => send({ jsonrpc: '2.0', method, params })

  async function initialize(id: unknown = 'init') {
    const answer = await request(id, 'initialize', {
      protocolVersion: '2025-11-25',
      capabilities: { roots: {} },
      clientInfo: { name: 'tester', version: '1.2.3' },
    })
    if (!answer.error) notify('notifications/initialized')
    return answer
  }

  const call = (id: unknown, name = 'echo', args: Json = {}) => request(id, 'tools/call', { name, arguments: args })
  return {
    link,
    send,
    notify,
    request,
    call,
    initialize,
    outcome,
    find,
    delivered,
    failed,
    ended,
    logLines: memory.lines,
  }
}

/** The problem’s code inside an error. */
export const codeOf = (answer: { error?: RpcError }) => (answer.error?.data as { code?: string } | undefined)?.code
