import * as oidc from 'openid-client'
import type { Account } from '../../shared/contract/auth.ts'
import type { Log } from '../lib/log.ts'
import { toAccount } from './account.ts'
import type { Redeemed } from './attempt.ts'
import type { createIssuer, Sso } from './issuer.ts'
import type { Notice } from './session.ts'

type Needs = { issuer: ReturnType<typeof createIssuer>; log: Log }
const timeoutMs = 5000

/** Who has signed in, and what of their sign-in is less than was asked. The signed ID token wins over everything. */
export async function describePerson({ issuer, log }: Needs, sso: Sso, redeemed: Redeemed) {
  const said = toAccount(redeemed.claims)
  const incomplete = said.groups === 'unsaid' || said.account.name === said.account.subject
  const whole = incomplete ? toAccount({ ...(await fetchMore()), ...redeemed.claims }) : said
  return { account: whole.account, notice: toNotice(whole, redeemed) }

  /** Many SSOs keep name and groups for the userinfo endpoint. Without them a sign-in is still a sign-in. */
  async function fetchMore(): Promise<object> {
    try {
      const config = await issuer.configure(sso, { timeoutMs })
      if (!config.serverMetadata().userinfo_endpoint) return {}
      return await oidc.fetchUserInfo(config, redeemed.tokens.access_token, said.account.subject)
    } catch (error) {
      log.info('userinfo.not-had', { account: said.account.id, error })
      return {}
    }
  }
}

function toNotice({ account, groups }: { account: Account; groups: string }, redeemed: Redeemed): Notice | null {
  if (groups === 'elsewhere')
    return { code: 'auth.groups-missing', detail: `${account.name} has more groups than a token can hold` }
  const missing = missingScopes(redeemed)
  return missing.length > 0 ? { code: 'auth.scope-refused', detail: `not granted: ${missing.join(', ')}` } : null
}

/** OIDC’s own scopes are left out of the answer by some SSOs that granted them, so they prove nothing. */
const plain = new Set(['openid', 'profile', 'email', 'offline_access', 'address', 'phone', 'groups'])

function missingScopes({ tokens, asked, audience }: Redeemed): string[] {
  if (tokens.scope === undefined) return [] // RFC 6749 §5.1: no scope in the answer means all that was asked
  const granted = new Set(tokens.scope.split(' '))
  // A token for one resource carries that resource’s scopes only, so the others cannot be judged by it.
  const wanted = audience.resource ? (audience.scope?.split(' ') ?? []) : asked.scopes
  return wanted.filter((scope) => scope && !plain.has(scope) && !granted.has(scope))
}
