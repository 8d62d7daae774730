import type { LinkNeeds } from '../link.ts'
import type { Message } from '../message.ts'
import { createHttpLink } from './http-link.ts'
import type { LinkSettings, Verdict } from './link-options.ts'
import { isModernError } from './server-message.ts'
import { createSseDialect } from './stream-dialect.ts'
import { createStreamLink } from './stream-link.ts'
import type { WakingLink } from './waking-link.ts'

const dayMs = 24 * 60 * 60 * 1000

// 401, 403, 5xx and silence are no evidence of anything.
const isOlderServer = (status: number, body: Buffer) =>
  (status === 400 || status === 404 || status === 405) && !isModernError(body)

/**
 * Finds out how a server speaks (2025-11-25, “Backwards Compatibility”): Streamable HTTP first, and where that is
 * refused, HTTP+SSE. The verdict is kept for a day, as servers are upgraded.
 */
export function createAutoLink(url: URL, needs: LinkNeeds, settings: LinkSettings): WakingLink {
  const { recall, remember, now } = settings
  // What was sent before it is known who listens: sent again to whoever turns out to.
  let unheard: Message[] | null = []
  let link: WakingLink | null = null
  let isClosed = false

  const conclude = (transport: Verdict['transport']) => remember?.(url.href, { transport, at: now().toISOString() })

  /** A link that was given up may still have something to say; nobody listens. */
  function handlersOf(self: () => WakingLink): LinkNeeds {
    return {
      ...needs,
      deliver: (line, scanned) => (link === self() ? needs.deliver(line, scanned) : undefined),
      fail: (id, error) => {
        if (link !== self()) return
        unheard = unheard?.filter((message) => message.id !== id) ?? null
        needs.fail(id, error)
      },
      ended: (error) => void (link === self() && needs.ended(error)),
    }
  }

  function use(next: WakingLink) {
    link = next
    for (const message of unheard ?? []) next.send(message)
  }

  function tryHttp() {
    const self: WakingLink = createHttpLink(
      url,
      handlersOf(() => self),
      settings,
      {
        otherwise: ({ status, body }, handOn) => {
          if (!isOlderServer(status, body)) return false
          void tryStream(handOn)
          return true
        },
        accepted: () => {
          unheard = null
          conclude('http')
        },
      },
    )
    use(self)
  }

  async function tryStream(otherwise: () => void) {
    const self: ReturnType<typeof createStreamLink> = createStreamLink(
      createSseDialect(url),
      handlersOf(() => self),
      settings,
    )
    const isThere = await self.open().then(
      () => true,
      () => false,
    )
    if (!isThere || isClosed) {
      await self.close()
      return otherwise()
    }
    const first = link
    use(self)
    unheard = null
    conclude('sse')
    await first?.close()
  }

  const known = recall?.(url.href)
  if (known?.transport === 'sse' && now().getTime() - Date.parse(known.at) < dayMs) void tryStream(tryHttp)
  else tryHttp()

  return {
    send: (message) => {
      unheard?.push(message)
      link?.send(message)
    },
    close: async () => {
      isClosed = true
      await link?.close()
    },
    wake: () => link?.wake(),
    hasSession: () => link?.hasSession?.() ?? true,
  }
}
