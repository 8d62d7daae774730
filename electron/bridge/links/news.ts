import { randomUUID } from 'node:crypto'
import { Problem } from '../../../shared/problems.ts'
import type { Log } from '../../lib/log.ts'
import { elements, findText } from '../json-walk.ts'
import type { LinkNeeds } from '../link.ts'
import type { RpcError } from '../message.ts'
import { toPlain } from '../revision.ts'
import { rpcCodes } from '../rpc.ts'
import { createBackoff } from './backoff.ts'
import { findSpan, textAt } from './json-path.ts'
import type { LinkSettings } from './link-options.ts'
import { missedNotices } from './modern-listen.ts'
import { withoutSubscription } from './modern-meta.ts'

type Needs = Pick<LinkNeeds, 'deliver'> & {
  /** What the server offers, as it said it. */
  capabilities: Buffer
  /** Sends a request of ours; what becomes of it comes to `ended`. */
  ask: (id: string, method: string, members: string) => void
  cancel: (id: string) => void
  settings: LinkSettings
  log: Log
}
type Stream = {
  id: string
  acknowledged: PromiseWithResolvers<Buffer>
  isOpen: boolean
  /** The server tells at least some of what was asked for. */
  isHonoured: boolean
}

const lists = { tools: 'toolsListChanged', prompts: 'promptsListChanged', resources: 'resourcesListChanged' }
const mostResources = 1000

/**
 * News for a client that expects them unasked: one subscription for every list the server offers to watch and for the
 * resources the client subscribed to. It is exchanged when that set changes, the new one before the old one is let go.
 */
export function createNews({ capabilities, ask, cancel, deliver, settings, log }: Needs) {
  const { timings } = settings
  const watched = Object.entries(lists).filter(([name]) => findText(capabilities, [name, 'listChanged']) === 'true')
  const backoff = createBackoff({ firstMs: timings.backoffFirstMs, mostMs: timings.backoffMostMs })
  const resources = new Set<string>()
  let current: Stream | null = null
  let next: Stream | null = null
  let changing: Promise<void> | null = null
  let isStale = false
  let isClosed = false
  let later: NodeJS.Timeout | null = null

  function open(): Stream {
    const acknowledged = Promise.withResolvers<Buffer>()
    acknowledged.promise.catch(() => {})
    const stream: Stream = { id: `"causeway-news-${randomUUID()}"`, acknowledged, isOpen: true, isHonoured: false }
    const filter: Record<string, unknown> = Object.fromEntries(watched.map(([, member]) => [member, true]))
    if (resources.size > 0) filter.resourceSubscriptions = [...resources]
    ask(stream.id, 'subscriptions/listen', `"notifications":${JSON.stringify(filter)}`)
    return stream
  }
  function close(stream: Stream) {
    if (stream.isOpen) cancel(stream.id)
    stream.isOpen = false
  }

  async function change() {
    const old = current
    if (watched.length === 0 && resources.size === 0) {
      current = null
      if (old) close(old)
      return
    }
    next = open()
    const opened = next
    const late = setTimeout(() => opened.acknowledged.reject(new Problem('bridge.timeout')), timings.holdMs)
    try {
      await opened.acknowledged.promise
      current = opened.isOpen ? opened : null
      if (old) close(old)
      backoff.reset()
    } catch (error) {
      close(opened)
      throw error
    } finally {
      next = null
      clearTimeout(late)
    }
  }
  async function changeAll() {
    while (isStale && !isClosed) {
      isStale = false
      await change()
    }
  }
  function sync(): Promise<void> {
    isStale = true
    changing ??= changeAll().finally(() => {
      changing = null
    })
    return changing
  }

  function reopenLater() {
    if (isClosed || later) return
    later = setTimeout(() => {
      later = null
      reopen().catch((error) => {
        log.debug('news.unreachable', { error })
        if (error instanceof Problem) reopenLater()
      })
    }, backoff.nextMs()).unref()
  }
  async function reopen() {
    await sync()
    const acknowledgement = await current?.acknowledged.promise
    if (!acknowledgement || !current) return
    for (const notice of missedNotices(acknowledgement, current.id)) await deliver(withoutSubscription(notice))
  }

  /** A subscription is over: by an answer of the server (null), by its error, or by a failure of ours. */
  function ended(stream: Stream, error: RpcError | null) {
    const wasOpen = stream.isOpen
    stream.isOpen = false
    const isOurs = error?.code === rpcCodes.problem
    stream.acknowledged.reject(isOurs ? new Problem('bridge.interrupted') : new NewsRefused(error))
    if (stream !== current || !wasOpen) return
    current = null
    if (isOurs || (error === null && stream.isHonoured)) reopenLater()
  }

  return {
    start: () => sync().catch((error) => (error instanceof Problem ? reopenLater() : log.info('news.refused'))),
    /** Resolves to the error the client is told, or to null where it is subscribed. */
    async subscribe(uri: string): Promise<RpcError | null> {
      if (findText(capabilities, ['resources', 'subscribe']) !== 'true') return notOffered
      if (resources.size >= mostResources) return { code: -32603, message: 'Too many subscriptions' }
      const isNew = !resources.has(uri)
      resources.add(uri)
      try {
        if (isNew || changing) await sync()
        return (await isHonoured(current, uri)) ? null : notOffered
      } catch (error) {
        resources.delete(uri)
        return error instanceof NewsRefused && error.rpc ? error.rpc : { code: -32603, message: String(error) }
      }
    },
    unsubscribe(uri: string) {
      if (resources.delete(uri)) sync().catch((error) => log.debug('news.unreachable', { error }))
    },
    /** The notice a subscription begins with. */
    acknowledge(subscription: string, line: Buffer) {
      const stream = [next, current].find((each) => each?.id === subscription)
      if (!stream) return
      stream.isHonoured = missedNotices(line, subscription).length > 0
      stream.acknowledged.resolve(line)
    },
    /** True where the request was one of ours. */
    ended(id: string, error: RpcError | null): boolean {
      const stream = [next, current].find((each) => each?.id === id)
      if (stream) ended(stream, error)
      return stream !== undefined || id.startsWith('"causeway-news-')
    },
    close() {
      isClosed = true
      if (later) clearTimeout(later)
      for (const stream of [next, current]) if (stream) close(stream)
    },
  }
}
export type News = ReturnType<typeof createNews>

const notOffered: RpcError = { code: rpcCodes.unknownMethod, message: 'This server has no subscriptions to resources' }

async function isHonoured(stream: Stream | null, uri: string): Promise<boolean> {
  const line = await stream?.acknowledged.promise
  const list = line && findSpan(line, ['params', 'notifications', 'resourceSubscriptions'])
  const uris = (line && list && elements(line, list.start)) || []
  return uris.some((span) => line && toPlain(textAt(line, span)) === uri)
}

/** A server’s refusal of a subscription, carried to where it is waited for. */
class NewsRefused extends Error {
  readonly rpc: RpcError | null

  constructor(rpc: RpcError | null) {
    super(rpc?.message ?? 'The server ended the subscription')
    this.name = 'NewsRefused'
    this.rpc = rpc
  }
}
