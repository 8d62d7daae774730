import { Problem } from '../../../shared/problems.ts'
import type { ServerConfig } from '../../../shared/server-config.ts'
import type { Log } from '../../lib/log.ts'
import { readChallenge, readParameters } from '../challenge.ts'
import type { Clock } from '../clock.ts'
import type { Fetch } from '../guarded-fetch.ts'
import { discoverResource } from './discovery.ts'
import { type Known, urlOf } from './known-servers.ts'
import type { SignedIn } from './record.ts'
import type { createServerTokens } from './server-tokens.ts'
import type { TrustedIssuers } from './trusted-issuers.ts'

type Needs = {
  trusted: TrustedIssuers
  tokens: Pick<ReturnType<typeof createServerTokens>, 'end'>
  fetchFor: (server: ServerConfig) => Fetch
  changed: () => void
  clock: Clock
  log: Log
}

const mostStepUps = 2
const perMs = 3_600_000

/** What a server’s refusal says: it wants a sign-in, or more than the one it was shown, or has moved to another issuer. */
export function createRefusals({ trusted, tokens, fetchFor, changed, clock, log }: Needs) {
  function learn(mine: Known, challenge: string | undefined) {
    const parameters = readParameters(challenge)
    const metadataUrl = toMetadataUrl(mine.server, parameters.get('resource_metadata'))
    mine.challenge = { metadataUrl, scope: parameters.get('scope') || undefined }
    changed()
  }

  /** Throws where only the person can go on; otherwise another token may do. */
  async function judge(mine: Known, record: SignedIn, challenge: string | undefined) {
    const { server } = mine
    const read = readChallenge(challenge)
    if (read.kind === 'scope') throw stepUp(mine, record, read.scopes)
    learn(mine, challenge)
    const moved = await findMove(mine, record)
    if (moved) throw tokens.end(server.id, new Problem('auth.connect-needed', `${server.name} moved to ${moved}`))
  }

  /** Only the server’s own word for where its metadata lies, or that of an issuer IT named. */
  function toMetadataUrl(server: ServerConfig, address: string | undefined) {
    const url = address === undefined ? null : URL.parse(address)
    if (!url) return undefined
    const isIts = url.origin === new URL(urlOf(server)).origin
    if (isIts || trusted.isHost(url.hostname)) return url.href
    log.warn('challenge.ignored', { server: server.id, reason: 'metadata of another host' })
    return undefined
  }

  async function findMove({ server, challenge }: Known, record: SignedIn): Promise<string | null> {
    const asked = { server: urlOf(server), fetch: fetchFor(server), metadataUrl: challenge?.metadataUrl }
    const found = await discoverResource(asked).catch(() => null)
    if (!found || found.resource === null || found.issuers.includes(record.issuer)) return null
    return new URL(found.issuers[0] ?? record.issuer).host
  }

  /** The union with what was asked before; the same wish twice an hour at most, so that a loop ends with a refusal. */
  function stepUp(mine: Known, record: SignedIn, scopes: string[]) {
    const wanted = new Set([...record.asked, ...(mine.challenge?.scope?.split(' ') ?? []), ...scopes])
    const key = [...scopes].sort().join(' ')
    mine.stepUps = mine.stepUps.filter(({ atMs }) => clock.monotonic() - atMs < perMs)
    const isPending = mine.problem?.code === 'auth.more-access-needed'
    if (!isPending) {
      if (scopes.length === 0 || mine.stepUps.filter((tried) => tried.key === key).length >= mostStepUps)
        return new Problem('auth.server-sso-refused', `${mine.server.name} is not satisfied with what was granted`)
      mine.stepUps.push({ key, atMs: clock.monotonic() })
    }
    mine.challenge = { metadataUrl: mine.challenge?.metadataUrl, scope: [...wanted].join(' ') }
    const problem = new Problem('auth.more-access-needed', mine.server.name)
    mine.problem = problem.data
    changed()
    return problem
  }

  return { learn, judge }
}
