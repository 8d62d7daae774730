import { Problem } from '../../../shared/problems.ts'
import type { Log } from '../../lib/log.ts'
import { createBackoff, wait } from './backoff.ts'
import { readSome } from './bodies.ts'
import { createCursor, readEvents } from './event-reader.ts'
import type { Exchange } from './exchange.ts'
import type { LinkSettings } from './link-options.ts'
import type { SseEvent } from './sse-parser.ts'
import { toStatusProblem } from './status-problem.ts'
import { readEndpoint, type StreamDialect } from './stream-dialect.ts'

/** One connection of the stream that is up: where messages go, and how it is given up. */
export type Line = { readonly url: URL; readonly drop: () => void; readonly isLost: () => boolean }

type Needs = {
  dialect: StreamDialect
  exchange: Exchange
  settings: LinkSettings
  log: Log
  closing: AbortSignal
  take: (event: SseEvent) => Promise<void> | void
  /** The stream is there: opens the session anew where there was one. Only then is the line given to anyone. */
  prepare: (line: Line) => Promise<void>
  /** The stream broke. True where it should be opened again though nobody has asked yet. */
  lost: (problem: Problem) => boolean
}

const leastRestMs = 500
const steadyMs = 5_000
const isFinal = (problem: Problem) =>
  ![
    'bridge.unreachable',
    'bridge.interrupted',
    'bridge.server-error',
    'bridge.timeout',
    'bridge.rate-limited',
  ].includes(problem.code)

/** Keeps one stream open. Whoever wants to send waits for it, for as long as calls are held and no longer. */
export function createStreamConnection(needs: Needs) {
  const { dialect, exchange, settings, log, closing, take, prepare, lost } = needs
  const { timings, maxMessageBytes } = settings
  const { streamUrl } = dialect
  let up: Line | null = null
  let waiting = Promise.withResolvers<Line>()
  let isRunning = false
  let attempt: AbortController | null = null
  let latest: Problem | null = null
  let waiters = 0
  let rouse = () => {}

  const forget = (promise: Promise<unknown>) => void promise.catch(() => {})
  forget(waiting.promise)

  function waitAnew() {
    waiting = Promise.withResolvers()
    forget(waiting.promise)
  }

  function giveUp(problem: Problem) {
    waiting.reject(problem)
    waitAnew()
  }

  async function comeUp(url: URL, controller: AbortController) {
    const line: Line = { url, drop: () => controller.abort(), isLost: () => controller.signal.aborted }
    try {
      await prepare(line)
      if (controller.signal.aborted) return
      up = line
      waiting.resolve(line)
    } catch (error) {
      if (controller.signal.aborted) return
      latest = error instanceof Problem ? error : new Problem('bridge.session-lost', streamUrl.host, { cause: error })
      controller.abort()
    }
  }

  /** Connects and reads to the end of the stream. Returns how long it stood. */
  async function run(controller: AbortController, cursor: ReturnType<typeof createCursor>): Promise<number> {
    const { signal } = controller
    const stopped = AbortSignal.any([closing, signal])
    const headers = { accept: 'text/event-stream', 'accept-encoding': 'identity', 'cache-control': 'no-store' }
    const { headersMs } = timings
    const asked = { method: 'GET', url: streamUrl, headers, signal: stopped, isRepeatable: true, headersMs } as const
    const answer = await exchange(asked)
    if (answer.status !== 200 || answer.type !== 'text/event-stream')
      throw toStatusProblem(answer, await readSome(answer.body))
    const since = performance.now()
    let isNamed = dialect.messageUrl !== null
    if (dialect.messageUrl) void comeUp(dialect.messageUrl, controller)
    const late = isNamed ? undefined : setTimeout(() => failWith(noEndpoint(streamUrl), controller), timings.holdMs)
    try {
      await readEvents(answer.body, cursor, maxMessageBytes, (event) => {
        if (isNamed) return take(event)
        if (event.kind !== 'event' || event.type !== 'endpoint') return
        clearTimeout(late)
        isNamed = true
        try {
          void comeUp(readEndpoint(event.data, streamUrl), controller)
        } catch (error) {
          failWith(error as Problem, controller)
        }
      })
    } finally {
      clearTimeout(late)
    }
    return performance.now() - since
  }

  function failWith(problem: Problem, controller: AbortController) {
    latest = problem
    controller.abort()
  }

  async function keepOpen() {
    const backoff = createBackoff({ firstMs: timings.backoffFirstMs, mostMs: timings.backoffMostMs })
    let isFirstLoss = true
    while (!closing.aborted) {
      const cursor = createCursor()
      attempt = new AbortController()
      latest = null
      let stoodMs = 0
      try {
        stoodMs = await run(attempt, cursor)
      } catch (error) {
        if (closing.aborted) return
        if (error instanceof Problem) latest ??= error
        else if (!attempt.signal.aborted) throw error
      }
      attempt.abort()
      if (up) waitAnew()
      up = null
      const problem: Problem = latest ?? new Problem('bridge.interrupted', `${streamUrl.host} ended the stream`)
      if (closing.aborted) return
      log.info('stream.lost', { problem: problem.code })
      const isWanted = lost(problem)
      if (!isWanted || isFinal(problem)) return giveUp(problem)
      if (stoodMs > steadyMs) {
        backoff.reset()
        isFirstLoss = true
      }
      const ms = cursor.retryMs ?? (isFirstLoss && stoodMs > 0 ? 0 : backoff.nextMs())
      isFirstLoss = false
      await (cursor.retryMs === null ? rest(ms) : wait(ms, closing).catch(() => {}))
    }
  }

  /** Between two attempts. While a call waits for the stream no attempt is far away, whatever the back-off has come to. */
  async function rest(ms: number) {
    const roused = new AbortController()
    const restedSince = performance.now()
    rouse = () => {
      const rested = performance.now() - restedSince
      const leastMs = Math.min(timings.backoffFirstMs, leastRestMs)
      setTimeout(() => roused.abort(), Math.max(0, leastMs - rested)).unref()
    }
    if (waiters > 0) rouse()
    await wait(ms, AbortSignal.any([closing, roused.signal])).catch(() => {})
    rouse = () => {}
  }

  function start() {
    if (isRunning || closing.aborted) return
    isRunning = true
    keepOpen()
      .catch((error) => log.error('stream.failed', { error }))
      .finally(() => {
        isRunning = false
      })
  }

  /** The line, as soon as there is one. */
  async function line(): Promise<Line> {
    if (up) return up
    start()
    waiters += 1
    rouse()
    const late = Promise.withResolvers<never>()
    const timer = setTimeout(
      () => late.reject(latest ?? new Problem('bridge.unreachable', streamUrl.host)),
      timings.holdMs,
    )
    try {
      return await Promise.race([waiting.promise, late.promise])
    } finally {
      waiters -= 1
      clearTimeout(timer)
    }
  }

  return { line, drop: () => attempt?.abort(), isUp: () => up !== null }
}

const noEndpoint = ({ host }: URL) => new Problem('bridge.timeout', `${host} did not say where messages go`)
