import type { ServerConfig } from '../../../shared/server-config.ts'
import type { HttpAnswer, HttpRequest } from '../../lib/http1/exchange.ts'
import type { SharedServers } from './shared-servers.ts'

type Timings = {
  /** How long calls are held while a stream, a session or a process comes up. */
  holdMs: number
  /** Everything `close` does ends within this. */
  closeMs: number
  /** After its answer or its cancel a server should end a call’s stream, so that the connection is used again; then we do. */
  lingerMs: number
  /** How long a lost stream of a running call is sought again while the server cannot be reached. */
  resumeMs: number
  /**
   * How long a server may take for the headers of an answer that is owed at once: to `initialize`, and to what is no
   * request. Once it has taken `initialize`, as long again for the answer: everything else waits for that.
   */
  headersMs: number
  /** The same for a stream, whose headers some servers and proxies hold back until there is something to say. */
  streamHeadersMs: number
  /** How long a JSON answer may say nothing in its middle. It may begin as late as it likes: some send headers before they work. */
  stallMs: number
  backoffFirstMs: number
  backoffMostMs: number
  /** The longest `Retry-After` that is waited for; a longer one is reported at once. */
  retryAfterMostMs: number
  /** Limit of one request, begun anew by every message of its own; 0 is none, as calls may take hours. */
  requestMs: number
}

const timings: Timings = {
  holdMs: 10_000,
  closeMs: 1_500,
  lingerMs: 2_000,
  resumeMs: 30_000,
  headersMs: 60_000,
  streamHeadersMs: 300_000,
  stallMs: 300_000,
  backoffFirstMs: 500,
  backoffMostMs: 30_000,
  retryAfterMostMs: 30_000,
  requestMs: 0,
}

/** How an `auto` server was found to speak, and when. */
export type Verdict = { transport: 'http' | 'sse'; at: string }

/**
 * What is known of the revisions a server speaks, and since when. A client of the older ones gets a session from
 * `legacy` and `both`, and none from `modern`, where it is translated.
 */
export type EraVerdict = { speaks: 'legacy' | 'modern' | 'both'; at: string }

/** A server that must have answered `initialized` before it is asked anything, and since when that is known. */
export type OrderVerdict = { at: string }

export type LinkOptions = {
  /** The app's connections, shared by all links, whichever version of HTTP they speak. */
  dispatcher: { request: (options: HttpRequest) => Promise<HttpAnswer> }
  /** The local servers that sessions use together. */
  shared: SharedServers
  /** Largest message either way, counted after decompression. */
  maxMessageBytes?: number
  timings?: Partial<Timings>
  recall?: (url: string) => Verdict | undefined
  remember?: (url: string, verdict: Verdict) => void
  /** Of the account that is signed in: what a server speaks may depend on who asks. */
  recallEra?: (url: string) => EraVerdict | undefined
  rememberEra?: (url: string, verdict: EraVerdict) => void
  recallOrder?: (url: string) => OrderVerdict | undefined
  rememberOrder?: (url: string, verdict: OrderVerdict) => void
  now?: () => Date
  /** What a local server may inherit from; only a short list of names is taken. */
  environment?: Record<string, string | undefined>
}

/** The options with every default filled in, as the transports use them. */
export type LinkSettings = ReturnType<typeof toSettings>

export const toSettings = (options: LinkOptions, limits: ServerConfig['limits'] = {}) => ({
  ...options,
  maxMessageBytes: options.maxMessageBytes ?? 64 * 1024 * 1024,
  timings: {
    ...timings,
    ...options.timings,
    ...(limits.callSeconds ? { requestMs: limits.callSeconds * 1000 } : {}),
    ...(limits.headerSeconds ? { headersMs: limits.headerSeconds * 1000 } : {}),
  },
  now: options.now ?? (() => new Date()),
})
