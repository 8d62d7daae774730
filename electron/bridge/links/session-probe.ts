import type { LinkNeeds } from '../link.ts'
import { createExchange } from './exchange.ts'
import type { LinkSettings } from './link-options.ts'

// 405 is what a server without sessions says; the others say nothing about them.
const tellsNothing = new Set([401, 403, 405, 407, 408, 429])

/**
 * Whether a server wants a session: it then refuses the stream of one that does not exist (2025-11-25, “Session
 * Management”), where a server without sessions has no such stream (405) or opens it to anyone.
 */
export async function wantsSession(
  url: URL,
  needs: LinkNeeds,
  settings: LinkSettings,
  closing: AbortSignal,
): Promise<boolean> {
  const signal = AbortSignal.any([closing, AbortSignal.timeout(settings.timings.holdMs)])
  const headers = { accept: 'text/event-stream', 'accept-encoding': 'identity' }
  try {
    const exchange = createExchange(needs, settings)
    const { status, body } = await exchange({ method: 'GET', url, headers, signal, isRepeatable: true })
    body.destroy()
    return status >= 400 && status < 500 && !tellsNothing.has(status)
  } catch {
    return false
  }
}
