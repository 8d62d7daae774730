import type { Preset } from './presets.ts'

/** For whom an access token is: what a server’s configuration says, verbatim. All absent is the plain token. */
export type Audience = { resource?: string | undefined; scope?: string | undefined; audience?: string | undefined }

/** Two servers share a token only when their configuration is the same, character for character. */
export const audienceKey = ({ resource, scope, audience }: Audience) =>
  JSON.stringify([resource ?? null, scope ?? null, audience ?? null])

export function toAudience(key: string): Audience {
  const [resource, scope, audience] = JSON.parse(key) as (string | null)[]
  return { resource: resource ?? undefined, scope: scope ?? undefined, audience: audience ?? undefined }
}

/** The audience as this kind of SSO may be asked for it. */
export const underPolicy = (audience: Audience, preset: Preset): Audience =>
  preset.resource === 'omit' ? { ...audience, resource: undefined } : audience

/** What a sign-in asked for; a refresh can only narrow it. */
export type Asked = { scopes: string[]; resources: string[] }

const words = (text: string | undefined) => text?.split(' ').filter(Boolean) ?? []
const distinct = (list: string[]) => [...new Set(list)]

/**
 * What a sign-in asks for: the company’s scopes and, as the kind of SSO allows, the audiences of its servers. Where one
 * server takes the plain token, no resource is named: a sign-in for named resources yields tokens for those only.
 */
export function toAsked({ scopes, audiences, preset }: { scopes: string[]; audiences: Audience[]; preset: Preset }) {
  const asked = preset.asks === 'all' ? audiences : preset.asks === 'first' ? audiences.slice(0, 1) : []
  const named = asked.map((audience) => underPolicy(audience, preset))
  const targets = named.every(({ resource, audience }) => resource || audience) ? named : []
  return {
    scopes: distinct([...scopes, ...named.flatMap(({ scope }) => words(scope))]).filter(
      (scope) => !preset.withoutScopes.includes(scope),
    ),
    resources: distinct(targets.flatMap(({ resource }) => resource ?? [])),
    audience: targets.find(({ audience }) => audience)?.audience,
    /** Whom the code is redeemed for. */
    first: targets[0] ?? {},
  }
}

/**
 * Whether the sign-in covers this audience. Asking beyond it costs the session at some SSOs (oidc-provider rotates the
 * refresh token before it refuses), so it is not tried. A sign-in that named no resource leaves them to the SSO.
 */
export function isCovered(audience: Audience, asked: Asked, preset: Preset) {
  if (preset.asks !== 'all') return true
  if (audience.resource && asked.resources.length > 0 && !asked.resources.includes(audience.resource)) return false
  return words(audience.scope).every((scope) => asked.scopes.includes(scope))
}

export function toRefreshParameters(audience: Audience, preset: Preset): Record<string, string> {
  const scope = distinct([...words(audience.scope), ...(audience.scope ? preset.refreshScopes : [])]).join(' ')
  return {
    ...(audience.resource ? { resource: audience.resource } : {}),
    ...(audience.audience ? { audience: audience.audience } : {}),
    ...(scope ? { scope } : {}),
  }
}
