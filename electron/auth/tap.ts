import { ClientError } from 'openid-client'
import type { Fetch } from './guarded-fetch.ts'

/**
 * Holds on to what the token endpoint answered. A code is used once and a refresh token rotates, so an answer that
 * fails a check (a clock, a key that cannot be fetched) must be readable a second time without asking again.
 */
export function createTap(fetch: Fetch) {
  let last: { text: string; status: number; headers: Headers; atMs: number } | null = null

  const listen: Fetch = async (url, init) => {
    if (init?.method !== 'POST') return fetch(url, init)
    const response = await fetch(url, init)
    last = { text: await response.text(), status: response.status, headers: response.headers, atMs: Date.now() }
    return again(last.text)
  }

  const again = (text: string) => {
    if (!last) throw new TypeError('nothing was answered yet')
    return new Response(text || null, { status: last.status, headers: last.headers })
  }

  return {
    listen,
    /** Gives the answer once more; other requests, such as for keys, go out. */
    replay: (async (url, init) => (init?.method === 'POST' && last ? again(last.text) : fetch(url, init))) as Fetch,
    /** The same without its ID token, so that no check of that token can lose the others. */
    replayWithoutIdToken: (async () => again(last ? withoutIdToken(last.text) : '')) as Fetch,
    hasIdToken: () => last !== null && withoutIdToken(last.text) !== last.text,
    /** How far this computer’s clock is behind the SSO’s, by the `Date` of its answer. */
    skewMs() {
      const date = Date.parse(last?.headers.get('date') ?? '')
      return last && Number.isFinite(date) ? date - last.atMs : null
    },
  }
}

function withoutIdToken(text: string) {
  try {
    const json: unknown = JSON.parse(text)
    if (typeof json !== 'object' || json === null || !('id_token' in json)) return text
    const { id_token: _, ...rest } = json
    return JSON.stringify(rest)
  } catch {
    return text
  }
}

export const isClockFailure = (error: unknown) =>
  error instanceof ClientError && error.code === 'OAUTH_JWT_TIMESTAMP_CHECK_FAILED'
