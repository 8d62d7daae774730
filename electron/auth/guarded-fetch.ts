/** The one shape of `fetch` this room needs: the app brings Electron’s, tests and headless Node’s. */
export type Fetch = (url: string, init?: RequestInit) => Promise<Response>

const longestBody = 256 * 1024

/** Thrown before or instead of an answer this room would have to distrust. */
export class UnsafeAnswer extends Error {
  override name = 'UnsafeAnswer'
}

/** A literal loopback address: what stays inside this machine. A name such as `localhost` can be made to point elsewhere. */
const isLoopbackUrl = ({ hostname }: URL) =>
  hostname === '127.0.0.1' || hostname === '[::1]' || (hostname === 'localhost' && isLocalhostTrusted())

/** Only where a developer says so, whose own SSO, or the conformance suite’s, names itself `localhost`. */
const isLocalhostTrusted = () => process.env.CAUSEWAY_TRUST_LOCALHOST === '1'

/** https everywhere; http for a literal loopback issuer, where the app allows it at all. */
export function isSafeUrl(text: string, allowInsecure: boolean) {
  if (!URL.canParse(text)) return false
  const url = new URL(text)
  return url.protocol === 'https:' || (allowInsecure && url.protocol === 'http:' && isLoopbackUrl(url))
}

/**
 * Asks an SSO: never over plain http to another machine, never through a redirect, never more than 256 kB counted
 * after decompression (300 kB of gzip can hold 300 MB). The body is read here, inside the caller’s time limit.
 */
export function createGuardedFetch({ fetch, allowInsecure }: { fetch: Fetch; allowInsecure: boolean }): Fetch {
  return async (url, init) => {
    if (!isSafeUrl(url, allowInsecure)) throw new UnsafeAnswer(`${hostOf(url)} would be asked over plain http`)
    const ask = () => fetch(url, { ...init, redirect: 'manual' })
    const response = await ask().catch((error: unknown) => {
      if (!isWorthAnother(init, error)) throw error
      return ask()
    })
    // Electron’s fetch hides a redirect it did not follow behind status 0.
    const status = response.type === 'opaqueredirect' || response.status === 0 ? 302 : response.status
    const body = await readBody(response, hostOf(url))
    const bodyless = status === 204 || status === 205 || status === 304
    return new Response(bodyless ? null : body, { status, headers: response.headers })
  }
}

async function readBody(response: Response, host: string) {
  const parts: Uint8Array[] = []
  let size = 0
  for await (const part of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    size += part.byteLength
    if (size > longestBody) throw new UnsafeAnswer(`${host} sent more than ${longestBody / 1024} kB`)
    parts.push(part)
  }
  return Buffer.concat(parts)
}

/**
 * A kept connection may be closed by the other side at the very moment it is used again. What only reads is asked once
 * more over a new one, as a browser would; what changes something is its caller’s to judge.
 */
function isWorthAnother(init: RequestInit | undefined, error: unknown) {
  if (init?.signal?.aborted || (init?.method ?? 'GET') !== 'GET') return false
  const { code } = (error instanceof Error ? (error.cause ?? {}) : {}) as { code?: unknown }
  return code === 'UND_ERR_SOCKET' || code === 'ECONNRESET'
}

const hostOf = (url: string) => (URL.canParse(url) ? new URL(url).host : 'the address')

/** The same, given up when either the caller’s signal or this one says so. */
export const abortable =
  (fetch: Fetch, signal: AbortSignal): Fetch =>
  (url, init) =>
    fetch(url, { ...init, signal: init?.signal ? AbortSignal.any([init.signal, signal]) : signal })
