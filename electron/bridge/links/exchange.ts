import { Problem } from '../../../shared/problems.ts'
import type { HttpAnswer, HttpRequest } from '../../lib/http1/exchange.ts'
import type { Body } from '../../lib/http1/response-body.ts'
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
  /** Called once the whole request is on its way. */
  onSent?: () => void
}

export type Answer = {
  status: number
  /** Media type in lower case, without parameters. */
  type: string
  header: (name: string) => string | undefined
  body: Body
  host: string
}

const mostRedirects = 5
const mostWaits = 3
const first = (value: string | string[] | undefined) => (Array.isArray(value) ? value[0] : value)
const toMediaType = (text = '') => {
  const end = text.indexOf(';')
  return (end < 0 ? text : text.slice(0, end)).trim().toLowerCase()
}
/** The parts of an address are worked out anew each time they are asked for; each request needs them. */
const placesOf = () => {
  const known = new WeakMap<URL, { origin: string; host: string; path: string }>()
  return (url: URL) => {
    const found = known.get(url) ?? { origin: url.origin, host: url.host, path: url.pathname + url.search }
    known.set(url, found)
    return found
  }
}

/**
 * One HTTP exchange after the other with the configured server and no other: adds the sign-in, renews it once when it
 * is refused, keeps cookies, waits when asked to, follows a redirect only within the same origin. What it hands back
 * is a status and a body; what it throws is a `Problem`, or the signal’s reason.
 */
export function createExchange({ headers }: Pick<LinkNeeds, 'headers'>, { dispatcher, timings, now }: LinkSettings) {
  const credentials = createCredentials(headers)
  const cookies = createCookieJar({ now: () => now().getTime() })
  const placeOf = placesOf()

  /** The whole time until the headers are there: a server that sends them byte by byte gains nothing by it. */
  function dispatch(request: Request, signIn: Record<string, string>): Promise<Answer> {
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
    const { url, method, body, signal, onSent } = request
    const { origin, host, path } = placeOf(url)
    const headers = { ...signIn, ...request.headers }
    const kept = cookies.header(url)
    if (kept) headers.cookie = signIn.cookie ? `${signIn.cookie}; ${kept}` : kept
    const options: HttpRequest = {
      ...{ origin, path, method, headers, body: body ?? null, signal },
      ...(onSent ? { onSent } : {}),
    }
    let response: HttpAnswer
    try {
      response = await ask(options, request.isRepeatable === true)
    } catch (error) {
      signal.throwIfAborted()
      throw toNetworkProblem(error, host)
    }
    cookies.store(url, response.headers['set-cookie'])
    const header = (name: string) => first(response.headers[name])
    const encodings = response.headers['content-encoding']
    const decoded = decompress(response.body, Array.isArray(encodings) ? encodings.join(',') : encodings)
    return { status: response.statusCode, type: toMediaType(header('content-type')), header, body: decoded, host }
  }
  function ask(options: HttpRequest, isRepeatable: boolean): Promise<HttpAnswer> {
    const asked = dispatcher.request(options)
    if (!isRepeatable) return asked
    return asked.catch((error) => {
      if (!options.signal?.aborted && isStaleConnection(error)) return dispatcher.request(options)
      throw error
    })
  }

  async function follow(request: Request, signIn: Record<string, string>): Promise<Answer> {
    let { url } = request
    for (let hops = 0; ; hops += 1) {
      const answer = await dispatch(hops === 0 ? request : { ...request, url }, signIn)
      if (answer.status < 300 || answer.status >= 400 || answer.status === 304) return answer
      const location = answer.header('location')
      if (!location) return answer
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
