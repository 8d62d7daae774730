import { abortable, createGuardedFetch, type Fetch } from '../guarded-fetch.ts'
import type { AddressGuard } from './addresses.ts'

type Needs = { fetch: Fetch; guard: AddressGuard; allowInsecure: boolean; timeoutMs: number }

/**
 * Asks an address that came out of a server’s answers: https (http only where the server itself is on the literal
 * loopback), no redirect, no cookies, 256 kB, ten seconds, and never an address the server must not lead us to.
 */
export function createStrangerFetch({ fetch, guard, allowInsecure, timeoutMs }: Needs) {
  return (server: string, trusted: (host: string) => boolean): Fetch => {
    const guarded = createGuardedFetch({ fetch, allowInsecure: allowInsecure && server.startsWith('http:') })
    return async (given, init) => {
      const url = String(given)
      await guard(url, { server, trusted })
      return abortable(guarded, AbortSignal.timeout(timeoutMs))(url, { ...init, credentials: 'omit' })
    }
  }
}
