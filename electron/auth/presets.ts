import type { CompanyDocument } from '../../shared/server-config.ts'

export type PresetId = CompanyDocument['sso']['preset']

/** What one kind of SSO does differently from the standard, as data. The company’s own parameters win over `authorize`. */
export type Preset = {
  /** Parameters of the authorize request, mostly those without which no refresh token comes. */
  authorize: Record<string, string>
  /** Scopes this SSO does not know and would refuse. */
  withoutScopes: string[]
  /** Whether the `resource` parameter (RFC 8707) may be sent at all. */
  resource: 'send' | 'omit'
  /**
   * Which servers’ audiences a sign-in asks for. `all`: a refresh can only narrow what was asked (RFC 6749 §6);
   * `first`: one per request, the others come by refresh; `none`: every audience comes by refresh.
   */
  asks: 'all' | 'first' | 'none'
  /** Scopes that go with the scope of one server at a refresh. */
  refreshScopes: string[]
  /** How the redirect address is registered, for the hint to IT; `{uri}` stands for it. */
  register: string
}

const anyPort = 'any port is accepted where {uri} is registered without one'

export const presets: Record<PresetId, Preset> = {
  generic: {
    // OIDC core §11: without prompt=consent a provider ignores offline_access.
    authorize: { prompt: 'consent' },
    withoutScopes: [],
    resource: 'send',
    asks: 'all',
    refreshScopes: [],
    register: 'register {uri} as a redirect address of a native, public client',
  },
  entra: {
    // prompt=consent would ask every time, and fails where people may not consent.
    authorize: {},
    withoutScopes: [],
    // AADSTS9010010 and AADSTS901002: the v2 endpoint refuses `resource` since March 2026; audiences are scopes.
    resource: 'omit',
    asks: 'none',
    refreshScopes: ['openid', 'profile', 'offline_access'],
    register:
      'add {uri} under “Mobile and desktop applications”, in the manifest because the form refuses 127.0.0.1, and never as “single-page application”',
  },
  okta: {
    authorize: {},
    withoutScopes: [],
    resource: 'send',
    asks: 'all',
    refreshScopes: [],
    register:
      'add {uri} to the sign-in redirect URIs exactly so, with its port (set redirectPorts in the company file)',
  },
  auth0: {
    authorize: {},
    withoutScopes: [],
    resource: 'send',
    asks: 'first',
    refreshScopes: [],
    register: 'add {uri} to the Allowed Callback URLs of a native application',
  },
  keycloak: {
    authorize: {},
    withoutScopes: [],
    resource: 'send',
    asks: 'all',
    refreshScopes: [],
    register: `add {uri} to the Valid redirect URIs; ${anyPort}`,
  },
  google: {
    authorize: { access_type: 'offline', prompt: 'consent' },
    withoutScopes: ['offline_access'],
    resource: 'omit',
    asks: 'none',
    refreshScopes: [],
    register: 'create the client as a desktop app; no redirect address has to be registered for it',
  },
  pingone: {
    authorize: {},
    withoutScopes: [],
    resource: 'send',
    asks: 'all',
    refreshScopes: [],
    register: `add {uri} to the redirect URIs of a native application; ${anyPort}`,
  },
  adfs: {
    authorize: {},
    withoutScopes: ['offline_access'],
    resource: 'send',
    asks: 'first',
    refreshScopes: [],
    register: 'add {uri} to the native application exactly so, with its port (set redirectPorts in the company file)',
  },
}
