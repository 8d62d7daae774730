import type { LinkNeeds } from '../link.ts'
import { createAutoLink } from './auto-link.ts'
import { createHttpLink } from './http-link.ts'
import { type LinkOptions, toSettings } from './link-options.ts'
import { createStdioLink } from './stdio-link.ts'
import { createSplitDialect, createSseDialect } from './stream-dialect.ts'
import { createStreamLink } from './stream-link.ts'
import type { WakingLink } from './waking-link.ts'

/**
 * Opens one client’s session with one server, over whatever that server speaks. Nothing goes over the wire before the
 * first message; nothing is ever sent to a host other than the configured one.
 */
export function openLink(needs: LinkNeeds, options: LinkOptions): WakingLink {
  const settings = toSettings(options)
  const { endpoint } = needs.server
  switch (endpoint.transport) {
    case 'http':
      return createHttpLink(new URL(endpoint.url), needs, settings)
    case 'sse':
      return createStreamLink(createSseDialect(new URL(endpoint.url)), needs, settings)
    case 'sse-split':
      return createStreamLink(
        createSplitDialect(new URL(endpoint.streamUrl), new URL(endpoint.messageUrl)),
        needs,
        settings,
      )
    case 'auto':
      return createAutoLink(new URL(endpoint.url), needs, settings)
    case 'stdio':
      return createStdioLink(endpoint, needs, settings)
  }
}
