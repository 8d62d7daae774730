import { generateKeyPair, randomBytes } from 'node:crypto'
import { promisify } from 'node:util'
import express from 'express'
import { errors, Provider, type Token } from 'oidc-provider'
import { pageHeaders } from '../page.ts'
import { createPart, type Part } from '../part.ts'
import type { Person } from '../people.ts'
import * as pages from './pages.ts'
import { createStore } from './store.ts'

export type Lifetimes = { accessToken: number; idToken: number; refreshToken: number }
type Options = {
  name: string
  port: number
  people: Person[]
  /** Audience of a token for which no resource was asked. */
  defaultResource: () => string
  /** Every resource a token can be asked for (RFC 8707), the default among them. */
  resources: () => string[]
  lifetimes?: Partial<Lifetimes>
  /** Clients may register themselves (RFC 7591), as at a server's own authorization server. */
  registration?: boolean
}

export type Sso = Awaited<ReturnType<typeof createSso>>

export const clientId = 'causeway-desktop'
export const scopes = ['openid', 'profile', 'email', 'offline_access', 'mcp']

/** A certified OpenID provider with the demo's people, bent by tests through the handles it returns. */
export async function createSso(options: Options) {
  const { people } = options
  const part = await createPart(options.name, { port: options.port })
  const issuer = part.origin
  const lifetimes: Lifetimes = { accessToken: 600, idToken: 600, refreshToken: 14 * 24 * 3600, ...options.lifetimes }
  const counts = { authorizations: 0, codes: 0, refreshes: 0, refusals: 0, deviceCodes: 0 }
  const rules = { rotate: true }
  const store = createStore()
  const issued = new Set<string>()
  const revoked = new Set<string>()

  const { privateKey, publicKey } = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 })
  const key = { kid: randomBytes(8).toString('hex'), use: 'sig', alg: 'RS256' }
  const findPerson = (id: string | undefined) => people.find((person) => person.id === id)

  const provider = new Provider(issuer, {
    adapter: store.adapter,
    jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), ...key }] },
    cookies: { keys: [randomBytes(32).toString('hex')], names: cookieNames(options.name) },
    clients: [desktopClient],
    scopes: ['openid', 'offline_access', 'email', 'profile'],
    claims: { openid: ['sub'], email: ['email'], profile: ['name', 'groups'] },
    // Name and groups come in the ID token itself, as the large providers do it.
    conformIdTokenClaims: false,
    pkce: { required: () => true },
    rotateRefreshToken: () => rules.rotate,
    findAccount: (_ctx: unknown, id: string) => {
      const person = findPerson(id)
      return person && { accountId: id, claims: () => ({ sub: id, ...claimsOf(person) }) }
    },
    extraTokenClaims: (_ctx: unknown, token: Token) => {
      const person = findPerson(token.accountId)
      return person && claimsOf(person)
    },
    interactions: { url: (_ctx: unknown, { uid }: { uid: string }) => `/interaction/${uid}` },
    renderError: pages.showError,
    ttl: {
      AccessToken: () => lifetimes.accessToken,
      IdToken: () => lifetimes.idToken,
      RefreshToken: () => lifetimes.refreshToken,
      AuthorizationCode: 60,
      DeviceCode: 300,
      Grant: 14 * 24 * 3600,
      Interaction: 3600,
      Session: 14 * 24 * 3600,
    },
    features: {
      devInteractions: { enabled: false },
      userinfo: { enabled: false },
      registration: { enabled: options.registration ?? false },
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
        // Asked for nothing, a sign-in covers every server; asked for one of many, the plain token is the company's.
        defaultResource: (_ctx: unknown, _client: unknown, oneOf: string[] | undefined) =>
          oneOf ? (oneOf.find((one) => one === options.defaultResource()) ?? oneOf[0]) : options.resources(),
        useGrantedResource: () => true,
        getResourceServerInfo(_ctx: unknown, resource: string) {
          if (!options.resources().includes(resource)) throw new errors.InvalidTarget(`unknown resource ${resource}`)
          const jwt = { sign: { alg: 'RS256' } }
          return {
            scope: 'mcp',
            audience: resource,
            accessTokenTTL: lifetimes.accessToken,
            accessTokenFormat: 'jwt',
            jwt,
          }
        },
      },
    },
  })

  provider.on('authorization.success', () => void counts.authorizations++)
  provider.on('grant.success', ({ oidc }) => {
    if (oidc.params?.grant_type === 'refresh_token') counts.refreshes++
    else if (oidc.params?.grant_type === 'authorization_code') counts.codes++
    else counts.deviceCodes++
  })
  provider.on('grant.error', () => void counts.refusals++)
  provider.on('access_token.issued', ({ jti }) => void issued.add(jti))

  const app = express()
  app.disable('x-powered-by')
  app.get('/health', (_req, res) => void res.json({ status: 'ok', service: options.name }))
  app.get('/interaction/:uid', async (req, res) => {
    const { params, session } = await provider.interactionDetails(req, res)
    const hint = typeof params.login_hint === 'string' ? params.login_hint : session?.accountId
    res.set(pageHeaders).send(pages.loginPage({ action: req.path, people, hint }))
  })
  app.post('/interaction/:uid', express.urlencoded({ extended: false }), async (req, res) => {
    const { params } = await provider.interactionDetails(req, res)
    const { person: accountId, do: action } = req.body as { person?: string; do?: string }
    if (action === 'cancel' || !accountId || !findPerson(accountId)) {
      const error_description = 'The person did not sign in'
      return provider.interactionFinished(req, res, { error: 'access_denied', error_description })
    }
    const grant = new provider.Grant({ accountId, clientId: String(params.client_id) })
    grant.addOIDCScope('openid profile email offline_access')
    for (const resource of options.resources()) grant.addResourceScope(resource, 'mcp')
    await provider.interactionFinished(req, res, { login: { accountId }, consent: { grantId: await grant.save() } })
  })
  app.use(provider.callback())
  part.serve(app)

  return {
    part: part as Part,
    issuer,
    lifetimes,
    rules,
    counts,
    jwks: { keys: [{ ...publicKey.export({ format: 'jwk' }), ...key }] },
    isRevoked: (jti: string) => revoked.has(jti),
    /** From now on every token and browser session given out so far is refused, everywhere. */
    revokeAll() {
      store.forget()
      for (const jti of issued) revoked.add(jti)
    },
    setGroups(id: string, groups: string[]) {
      const person = findPerson(id)
      if (!person) throw new Error(`Nobody called ${id} works here`)
      person.groups = groups
    },
    /** Answers of the token endpoint that are not what the specification says; each is met in the field. */
    refuse: (shape: keyof typeof refusals, times = 1) =>
      part.inject(refusals[shape], { path: /^\/token$/, method: 'POST', times }),
    close: part.close,
  }
}

const claimsOf = ({ name, email, groups }: Person) => ({ name, email, groups })
const sameClient = (_ctx: unknown, client: { clientId: string }, token: { clientId: string }) =>
  token.clientId === client.clientId

// Cookies do not tell ports apart, and several issuers share 127.0.0.1.
const cookieNames = (name: string) => ({
  interaction: `${name}_interaction`,
  resume: `${name}_resume`,
  session: `${name}_session`,
})

const desktopClient = {
  client_id: clientId,
  client_name: 'Causeway',
  application_type: 'native',
  token_endpoint_auth_method: 'none',
  grant_types: ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:device_code'],
  response_types: ['code'],
  // Without a port: any port will do (RFC 8252 §7.3).
  redirect_uris: ['http://127.0.0.1/callback', 'http://[::1]/callback'],
  post_logout_redirect_uris: ['http://127.0.0.1/signed-out'],
}

const json = { 'content-type': 'application/json' }
const html = { 'content-type': 'text/html' }
const refusals = {
  'invalid-grant': { kind: 'answer', status: 400, headers: json, body: '{"error":"invalid_grant"}' },
  'invalid-client': { kind: 'answer', status: 401, headers: json, body: '{"error":"invalid_client"}' },
  'interaction-required': { kind: 'answer', status: 400, headers: json, body: '{"error":"interaction_required"}' },
  'empty-400': { kind: 'answer', status: 400 },
  'captive-portal': { kind: 'answer', status: 200, headers: html, body: '<h1>Welcome to Hotel Wi-Fi</h1>' },
  'proxy-403': { kind: 'answer', status: 403, headers: html, body: '<h1>Blocked by policy</h1>' },
  'unavailable-503': { kind: 'answer', status: 503, headers: { 'retry-after': '1' } },
  'too-many-429': { kind: 'answer', status: 429, headers: { 'retry-after': '1' } },
  hang: { kind: 'hang' },
  reset: { kind: 'reset' },
} as const
