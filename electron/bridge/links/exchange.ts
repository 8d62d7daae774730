import type { Readable } from 'node:stream'
import type { Dispatcher } from 'undici'
import { Problem } from '../../../shared/problems.ts'
import type { LinkNeeds } from '../link.ts'
import { wait } from './backoff.ts'
import { decompress, readSome } from './bodies.ts'
import { createCookieJar } from './cookie-jar.ts'
import { createCredentials } from './credentials.ts'
import type { LinkSettings } from './link-options.ts'
import { isStaleConnection, toNetworkProblem } from './network-problem.ts'

export type Request = {
  method: 'GET' | 'POST' | 'DELETE'
  url: URL
  headers: Record<string, string>
  body?: Buffer
  signal: AbortSignal
  /** Doing it twice does no harm: tried again where a kept connection turns out to be gone. Never a tool call. */
  isRepeatable?: boolean
  /** How long its headers may take, where they are owed at once. Absent for calls, which may take hours. */
  headersMs?: number
}

export type Answer = {
  status: number
  /** Media type in lower case, without parameters. */
  type: string
  header: (name: string) => string | undefined
  body: Readable
  host: string
}

const mostRedirects = 5
const mostWaits = 3

/**
 * One HTTP exchange after the other with the configured server and no other: adds the sign-in, renews it once when it
 * is refused, keeps cookies, waits when asked to, follows a redirect only within the same origin. What it hands back
 * is a status and a body; what it throws is a `Problem`, or the signal’s reason.
 */
export function createExchange({ headers }: Pick<LinkNeeds, 'headers'>, { dispatcher, timings, now }: LinkSettings) {
  const credentials = createCredentials(headers)
  const cookies = createCookieJar({ now: () => now().getTime() })

  /** The whole time until the headers are there: a server that sends them byte by byte gains nothing by it. */
  async function dispatch(request: Request, signIn: Record<string, string>): Promise<Answer> {
    const { headersMs = 0, signal, url } = request
    if (headersMs === 0) return dispatchNow(request, signIn)
    const late = new AbortController()
    const timer = setTimeout(() => late.abort(), headersMs)
    return dispatchNow({ ...request, signal: AbortSignal.any([signal, late.signal]) }, signIn)
      .catch((error) => {
        signal.throwIfAborted()
        throw late.signal.aborted ? new Problem('bridge.timeout', `${url.host}: ${headersMs / 1000} s`) : error
      })
      .finally(() => clearTimeout(timer))
  }
  async function dispatchNow(request: Request, signIn: Record<string, string>): Promise<Answer> {
    const { url, method, body, signal, isRepeatable } = request
    const cookie = [signIn.cookie, cookies.header(url)].filter(Boolean).join('; ')
    const options: Dispatcher.RequestOptions = {
      origin: url.origin,
      path: url.pathname + url.search,
      method,
      headers: { ...signIn, ...request.headers, ...(cookie ? { cookie } : {}) },
      body: body ?? null,
      signal,
      headersTimeout: 0,
      bodyTimeout: 0,
    }
    const response = await dispatcher
      .request(options)
      .catch((error) => {
        if (isRepeatable && !signal.aborted && isStaleConnection(error)) return dispatcher.request(options)
        throw error
      })
      .catch((error) => {
        signal.throwIfAborted()
        throw toNetworkProblem(error, url.host)
      })
    cookies.store(url, response.headers['set-cookie'])
    const header = (name: string) => [response.headers[name]].flat()[0]
    const type = (header('content-type') ?? '').split(';')[0]?.trim().toLowerCase() ?? ''
    const decoded = decompress(response.body, [response.headers['content-encoding']].flat().join(','))
    return { status: response.statusCode, type, header, body: decoded, host: url.host }
  }

  async function follow(request: Request, signIn: Record<string, string>): Promise<Answer> {
    let { url } = request
    for (let hops = 0; ; hops += 1) {
      const answer = await dispatch({ ...request, url }, signIn)
      const location = answer.header('location')
      if (answer.status < 300 || answer.status >= 400 || answer.status === 304 || !location) return answer
      await readSome(answer.body)
      const target = URL.canParse(location, url.href) ? new URL(location, url) : null
      if (!target) throw new Problem('bridge.redirected', `${url.host} names no valid address (HTTP ${answer.status})`)
      // The sign-in must never reach another host, nor leave TLS; and a method that changes is another request.
      const isSame = target.origin === url.origin && !target.username && !target.password
      const isKept = answer.status === 307 || answer.status === 308 || request.method === 'GET'
      if (!isSame || !isKept || hops >= mostRedirects)
        throw new Problem('bridge.redirected', `from ${url.origin} to ${target.origin} (HTTP ${answer.status})`)
      url = target
    }
  }

  /** Milliseconds a busy server asks to wait, or null where it does not, or asks for too long. */
  function retryAfterMs(answer: Answer): number | null {
    if (answer.status !== 429 && answer.status !== 503) return null
    const text = answer.header('retry-after')
    if (text === undefined) return null
    const ms = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - now().getTime()
    return Number.isNaN(ms) || ms > timings.retryAfterMostMs ? null : Math.max(0, ms)
  }

  async function exchange(request: Request): Promise<Answer> {
    let signIn = await credentials.current()
    let isRenewed = false
    for (let waits = 0; ; ) {
      request.signal.throwIfAborted()
      const answer = await follow(request, signIn)
      const challenge = answer.header('www-authenticate')
      const isRefused = answer.status === 401 || (answer.status === 403 && /insufficient_scope/i.test(challenge ?? ''))
      if (isRefused && !isRenewed) {
        await readSome(answer.body)
        const renewed = await credentials.renew(signIn, challenge)
        if (!renewed) throw refusal(answer)
        signIn = renewed
        isRenewed = true
        continue
      }
      if (isRefused) {
        answer.body.destroy()
        throw refusal(answer)
      }
      const ms = waits < mostWaits ? retryAfterMs(answer) : null
      if (ms === null) return answer
      waits += 1
      await readSome(answer.body)
      await wait(ms, request.signal)
    }
  }

  return exchange
}
export type Exchange = ReturnType<typeof createExchange>

const refusal = ({ status, host }: Answer) =>
  new Problem(status === 401 ? 'bridge.unauthorized' : 'bridge.forbidden', `${host} (HTTP ${status})`)
