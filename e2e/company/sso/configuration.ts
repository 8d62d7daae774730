import { type Context, errors, type StoredPayload, type Token } from 'oidc-provider'
import type { Person } from '../people.ts'
import { grants } from './exchange.ts'
import * as pages from './pages.ts'

export type Lifetimes = { accessToken: number; idToken: number; refreshToken: number }
type Needs = {
  /** Name of its cookies: cookies do not tell ports apart, and several issuers share 127.0.0.1. */
  name: string
  findPerson: (id: string | undefined) => Person | undefined
  /** Every resource a token can be asked for (RFC 8707); the first is the audience when none was asked. */
  resources: string[]
  /** Read anew for each token, so that a test can change them while the SSO runs. */
  lifetimes: Lifetimes
  rules: { rotate: boolean }
  registration: boolean
}

export const clientId = 'causeway-desktop'
export const scopes = ['openid', 'profile', 'email', 'offline_access', 'mcp']
const fortnight = 14 * 24 * 3600
export const usualLifetimes: Lifetimes = { accessToken: 600, idToken: 600, refreshToken: fortnight }

/** What the SSO is, in the words of oidc-provider: a strict one, whose tokens for servers are JWTs with groups. */
export function createConfiguration({ name, findPerson, resources, lifetimes, rules, registration }: Needs) {
  return {
    clients: [desktopClient],
    cookieNames: { interaction: `${name}_interaction`, resume: `${name}_resume`, session: `${name}_session` },
    scopes: ['openid', 'offline_access', 'email', 'profile'],
    claims: { openid: ['sub'], email: ['email'], profile: ['name', 'groups'] },
    // Name and groups come in the ID token itself, as the large providers do it.
    conformIdTokenClaims: false,
    pkce: { required: () => true },
    rotateRefreshToken: () => rules.rotate,
    findAccount: (_ctx: Context, id: string) => {
      const person = findPerson(id)
      return person && { accountId: id, claims: () => ({ sub: id, ...claimsOf(person) }) }
    },
    extraTokenClaims: (_ctx: Context, token: Token) => {
      const person = findPerson(token.accountId)
      return person && claimsOf(person)
    },
    interactions: { url: (_ctx: Context, { uid }: { uid: string }) => `/interaction/${uid}` },
    renderError: pages.showError,
    ttl: {
      AccessToken: () => lifetimes.accessToken,
      IdToken: () => lifetimes.idToken,
      RefreshToken: () => lifetimes.refreshToken,
      AuthorizationCode: 60,
      DeviceCode: 300,
      Grant: fortnight,
      Interaction: 3600,
      Session: fortnight,
    },
    features: {
      devInteractions: { enabled: false },
      // Every access token is made for a server, so none would be good for this endpoint.
      userinfo: { enabled: false },
      registration: { enabled: registration },
      revocation: { enabled: true, allowedPolicy: sameClient },
      rpInitiatedLogout: {
        enabled: true,
        logoutSource: pages.showLogout,
        postLogoutSuccessSource: pages.showLoggedOut,
      },
      deviceFlow: {
        enabled: true,
        userCodeInputSource: pages.showCodeInput,
        userCodeConfirmSource: pages.showCodeConfirmation,
        successSource: pages.showDeviceDone,
      },
      resourceIndicators: {
        enabled: true,
        // A sign-in that names no resource covers all of them, and its plain token is for the first.
        defaultResource: (_ctx: Context, _client: unknown, oneOf?: string[]) => (oneOf ? firstOf(oneOf) : resources),
        useGrantedResource: () => true,
        getResourceServerInfo(_ctx: Context, resource: string) {
          if (!resources.includes(resource)) throw new errors.InvalidTarget(`unknown resource ${resource}`)
          const jwt = { sign: { alg: 'RS256' } }
          const accessTokenTTL = lifetimes.accessToken
          return { scope: 'mcp', audience: resource, accessTokenTTL, accessTokenFormat: 'jwt', jwt }
        },
      },
    },
  }

  function firstOf(asked: string[]) {
    return resources.find((resource) => asked.includes(resource))
  }
}

const claimsOf = ({ name, email, groups }: Person) => ({ name, email, groups })
const sameClient = (_ctx: Context, client: { clientId: string }, token: StoredPayload) =>
  token.clientId === client.clientId

const desktopClient = {
  client_id: clientId,
  client_name: 'Causeway',
  application_type: 'native',
  token_endpoint_auth_method: 'none',
  grant_types: [
    'authorization_code',
    'refresh_token',
    'urn:ietf:params:oauth:grant-type:device_code',
    grants.exchange,
    grants.bearer,
  ],
  response_types: ['code'],
  // Without a port: any port will do (RFC 8252 §7.3).
  redirect_uris: ['http://127.0.0.1/callback', 'http://[::1]/callback'],
  post_logout_redirect_uris: ['http://127.0.0.1/signed-out'],
}
