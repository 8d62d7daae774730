import type { Endpoint } from '../../../shared/server-config.ts'
import type { LinkNeeds } from '../link.ts'
import { createAutoLink } from './auto-link.ts'
import { createEraLink } from './era-link.ts'
import { createHttpLink } from './http-link.ts'
import { type LinkOptions, type LinkSettings, toSettings } from './link-options.ts'
import { createModernLink } from './modern-link.ts'
import { withoutModern } from './no-modern.ts'
import { wantsSession } from './session-probe.ts'
import { createStdioLink } from './stdio-link.ts'
import { createSplitDialect, createSseDialect } from './stream-dialect.ts'
import { createStreamLink } from './stream-link.ts'
import type { WakingLink } from './waking-link.ts'

/**
 * Opens one client’s session with one server, over whatever that server speaks. Nothing goes over the wire before the
 * first message; nothing is ever sent to a host other than the configured one.
 */
export function openLink(needs: LinkNeeds, options: LinkOptions): WakingLink {
  const { endpoint, limits } = needs.server
  const settings = toSettings(options, limits)
  switch (endpoint.transport) {
    case 'http':
    case 'auto':
      return openHttp(endpoint, needs, settings)
    case 'sse':
      return withoutModern(createStreamLink(createSseDialect(new URL(endpoint.url)), needs, settings), needs)
    case 'sse-split': {
      const dialect = createSplitDialect(new URL(endpoint.streamUrl), new URL(endpoint.messageUrl))
      return withoutModern(createStreamLink(dialect, needs, settings), needs)
    }
    case 'stdio': {
      const open = (inner: LinkNeeds) => createStdioLink(endpoint, inner, settings)
      return createEraLink({ place: null, era: endpoint.era, openLegacy: open, openModern: open }, needs, settings)
    }
  }
}

function openHttp(
  { url: address, transport, era }: Extract<Endpoint, { transport: 'http' | 'auto' }>,
  needs: LinkNeeds,
  settings: LinkSettings,
): WakingLink {
  const url = new URL(address)
  const openLegacy = transport === 'http' ? createHttpLink : createAutoLink
  const transports = {
    place: url.href,
    era,
    openLegacy: (inner: LinkNeeds) => openLegacy(url, inner, settings),
    openModern: (inner: LinkNeeds, discovered: (isModern: boolean) => void) =>
      createModernLink(url, inner, settings, { discovered }),
    wantsSession: (closing: AbortSignal) => wantsSession(url, needs, settings, closing),
  }
  return createEraLink(transports, needs, settings)
}
