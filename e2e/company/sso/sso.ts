import { generateKeyPair, randomBytes } from 'node:crypto'
import { promisify } from 'node:util'
import express, { type ErrorRequestHandler } from 'express'
import { Provider } from 'oidc-provider'
import { createApp } from '../app.ts'
import { pageHeaders } from '../page.ts'
import type { StartedPart } from '../part.ts'
import type { Person } from '../people.ts'
import { clientId, createConfiguration, type Lifetimes, usualLifetimes } from './configuration.ts'
import { addJwtBearer, addTokenExchange } from './exchange.ts'
import { errorPage, loginPage } from './pages.ts'
import { refusals } from './refusals.ts'
import { createStore } from './store.ts'

type Needs = {
  part: StartedPart
  people: Person[]
  /** What tokens can be made for; the first is the audience when none was asked. */
  resources: string[]
  lifetimes?: Partial<Lifetimes>
  /** Authorization servers this company vouches to (ID-JAG), and who may go there. */
  vouchesFor?: Map<string, { groups: string[]; clientId: string }>
  /** Companies whose word for a person counts here, by issuer. */
  trusts?: string[]
  /** Clients may register themselves (RFC 7591), as at a server's own authorization server. */
  registration?: boolean
}

/** A certified OpenID provider with the demo's people, bent by tests through the handles it returns. */
export async function createSso({ part, people, resources, registration = false, ...options }: Needs) {
  const issuer = part.origin
  const lifetimes: Lifetimes = { ...usualLifetimes, ...options.lifetimes }
  const rules = { rotate: true }
  const counts = { authorizations: 0, codes: 0, refreshes: 0, deviceCodes: 0, refusals: 0 }
  const store = createStore()
  const issued = new Set<string>()
  const revoked = new Set<string>()
  const findPerson = (id: string | undefined) => people.find((person) => person.id === id)

  const { privateKey, publicKey } = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 })
  const key = { kid: randomBytes(8).toString('hex'), use: 'sig', alg: 'RS256' }
  const { cookieNames, ...configuration } = createConfiguration({
    name: part.name,
    findPerson,
    resources,
    lifetimes,
    rules,
    registration,
  })
  const provider = new Provider(issuer, {
    ...configuration,
    adapter: store.adapter,
    jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), ...key }] },
    cookies: { keys: [randomBytes(32).toString('hex')], names: cookieNames },
  })
  provider.on('authorization.success', () => void counts.authorizations++)
  provider.on('grant.success', ({ oidc }) => {
    if (oidc.params?.grant_type === 'refresh_token') counts.refreshes++
    else if (oidc.params?.grant_type === 'authorization_code') counts.codes++
    else counts.deviceCodes++
  })
  provider.on('grant.error', () => void counts.refusals++)
  provider.on('access_token.issued', ({ jti }) => void issued.add(jti))
  const shared = { provider, issuer, key: { kid: key.kid, privateKey }, resources, lifetimes }
  const noteIssued = (jti: string) => void issued.add(jti)
  const jwks = { keys: [{ ...publicKey.export({ format: 'jwk' }), ...key }] }
  const { vouchesFor = new Map(), trusts = [] } = options
  addTokenExchange({ ...shared, jwks, clientId, findPerson, vouchesFor, issued: noteIssued })
  const findByEmail = (email: unknown) => people.find((person) => person.email === email)
  addJwtBearer({ ...shared, trusts, findByEmail, issued: noteIssued })
  part.serve(createLogin({ name: part.name, provider, people, resources }))

  return {
    part,
    issuer,
    /** In seconds, for tokens made from now on. */
    lifetimes,
    rules,
    counts,
    jwks,
    vouchesFor,
    isRevoked: (jti: string) => revoked.has(jti),
    /** Codes and refresh tokens given out so far, for a test that looks for them where they must not be. */
    secrets: store.secrets,
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
    /** The token endpoint answers so instead of really, as often as told. */
    refuse: (shape: keyof typeof refusals, times = 1) =>
      part.inject(refusals[shape], { path: /^\/token$/, method: 'POST', times }),
  }
}

type Login = { name: string; provider: Provider; people: Person[]; resources: string[] }

/** The login page before the provider's own routes. Signing in is the consent: one page, one click. */
function createLogin({ name, provider, people, resources }: Login) {
  const app = createApp(() => ({ status: 'ok', service: name }))
  app.get('/interaction/:uid', async (req, res) => {
    const { params, session } = await provider.interactionDetails(req, res)
    const hint = typeof params.login_hint === 'string' ? params.login_hint : session?.accountId
    res.set(pageHeaders).send(loginPage({ action: req.path, people, hint }))
  })
  app.post('/interaction/:uid', express.urlencoded({ extended: false }), async (req, res) => {
    const { params } = await provider.interactionDetails(req, res)
    const form = req.body as { person?: string; do?: string }
    const person = people.find(({ id }) => id === form.person)
    if (form.do === 'cancel' || !person) {
      const error_description = 'The person did not sign in'
      return provider.interactionFinished(req, res, { error: 'access_denied', error_description })
    }
    const grant = new provider.Grant({ accountId: person.id, clientId: String(params.client_id) })
    grant.addOIDCScope('openid profile email offline_access')
    for (const resource of resources) grant.addResourceScope(resource, 'mcp')
    const grantId = await grant.save()
    await provider.interactionFinished(req, res, { login: { accountId: person.id }, consent: { grantId } })
  })
  app.use(provider.callback())
  app.use(showError)
  return app
}

// A login page that was left open too long: its sign-in is no longer known.
const showError: ErrorRequestHandler = (error: { status?: number; message?: string }, _req, res, _next) =>
  void res
    .status(error.status ?? 500)
    .set(pageHeaders)
    .send(errorPage(error.message ?? 'Unknown error'))

export type Sso = Awaited<ReturnType<typeof createSso>>
