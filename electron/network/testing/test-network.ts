import type { LookupFunction } from 'node:net'
import { onTestFinished } from 'vitest'
import type { ServerTls } from '../../../shared/server-config.ts'
import { createMemoryLog } from '../../lib/log.ts'
import { createNetwork } from '../network.ts'

/** Every name leads to this machine, as a company’s own DNS would have it. */
export const toLoopback: LookupFunction = (_name, options, done) =>
  options.all ? done(null, [{ address: '127.0.0.1', family: 4 }]) : done(null, '127.0.0.1', 4)

/** A server at an address, with what TLS must hold there. */
export const serverAt = (url: string, tls: ServerTls) => ({ endpoint: { transport: 'http' as const, url }, tls })

export function openTestNetwork(options: Partial<Parameters<typeof createNetwork>[0]> = {}) {
  const { log, lines } = createMemoryLog()
  const network = createNetwork({
    env: {},
    proxy: () => ({ mode: 'system' }),
    caFiles: () => [],
    servers: () => [],
    lookup: toLoopback,
    log,
    ...options,
  })
  onTestFinished(() => network.close())
  /** What a GET gets: the status, or the problem. */
  async function ask(url: string): Promise<{ status?: number; code?: string; detail?: string; error?: unknown }> {
    try {
      const response = await network.fetch(url)
      await response.text()
      return { status: response.status }
    } catch (error) {
      const cause = (error as Error).cause as { code?: string; detail?: string }
      return { code: cause?.code ?? String(error), ...(cause?.detail ? { detail: cause.detail } : {}), error }
    }
  }
  return { ...network, ask, logLines: lines }
}
