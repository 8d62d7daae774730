import type { ServerId } from '../../../shared/ids.ts'
import { Problem, type ProblemData } from '../../../shared/problems.ts'
import type { ServerConfig } from '../../../shared/server-config.ts'

export type Asks = { issuer: string; host: string; unicodeHost: string }
export type Attempt = { controller: AbortController; issuer: string | null; loginUrl: string | null }
/** What is known of one server beyond what the vault holds. */
export type Known = {
  server: ServerConfig
  /** What its refusal said. */
  challenge: { metadataUrl: string | undefined; scope: string | undefined } | null
  asks: Asks | null
  attempt: Attempt | null
  problem: ProblemData | null
  stepUps: { key: string; atMs: number }[]
}

/** One record for each server; another address under the same name is another server. */
export function createKnownServers() {
  const known = new Map<ServerId, Known>()

  return {
    get(server: ServerConfig): Known {
      const found = known.get(server.id)
      if (found && urlOf(found.server) === urlOf(server)) return Object.assign(found, { server })
      const fresh: Known = { server, challenge: null, asks: null, attempt: null, problem: null, stepUps: [] }
      known.set(server.id, fresh)
      return fresh
    },
    servers: () => [...known.values()].map(({ server }) => server),
    clear: () => known.clear(),
  }
}
export type KnownServers = ReturnType<typeof createKnownServers>

export function urlOf({ endpoint }: ServerConfig): string {
  if (endpoint.transport === 'stdio') throw new Problem('auth.server-sso-invalid', 'a local server has no sign-in')
  return endpoint.transport === 'sse-split' ? endpoint.streamUrl : endpoint.url
}
