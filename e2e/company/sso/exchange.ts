import { randomUUID } from 'node:crypto'
import type { CryptoKey, JWTPayload, JWTVerifyGetKey } from 'jose'
import { createLocalJWKSet, createRemoteJWKSet, jwtVerify, SignJWT } from 'jose'
import { type Context, errors, type Provider } from 'oidc-provider'
import type { Person } from '../people.ts'

type PrivateKey = CryptoKey | import('node:crypto').KeyObject
type Needs = {
  provider: Provider
  issuer: string
  key: { kid: string; privateKey: PrivateKey }
  jwks: Parameters<typeof createLocalJWKSet>[0]
  clientId: string
  findPerson: (id: string | undefined) => Person | undefined
  resources: string[]
  lifetimes: { accessToken: number }
  issued: (jti: string) => void
  /** Authorization servers this company vouches to, by issuer, and who may go there. */
  vouchesFor: Map<string, { groups: string[]; clientId: string }>
}

const types = {
  idToken: 'urn:ietf:params:oauth:token-type:id_token',
  accessToken: 'urn:ietf:params:oauth:token-type:access_token',
  idJag: 'urn:ietf:params:oauth:token-type:id-jag',
}
export const grants = {
  exchange: 'urn:ietf:params:oauth:grant-type:token-exchange',
  bearer: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
}

/** RFC 8693: a narrower token for one of the company’s own servers, or the company’s word for the person elsewhere. */
export function addTokenExchange(needs: Needs) {
  const { provider, issuer, key, clientId, findPerson, resources, lifetimes, issued, vouchesFor } = needs
  const keys = createLocalJWKSet(needs.jwks)

  const sign = (claims: JWTPayload, { audience, typ, seconds }: { audience: string; typ: string; seconds: number }) =>
    new SignJWT(claims)
      .setProtectedHeader({ alg: 'RS256', kid: key.kid, typ })
      .setIssuer(issuer)
      .setAudience(audience)
      .setIssuedAt()
      .setExpirationTime(`${seconds}s`)
      .sign(key.privateKey)

  async function findSubject({ subject_token: token = '', subject_token_type: type }: Params) {
    if (type !== types.idToken && type !== types.accessToken)
      throw new errors.InvalidRequest('unknown subject_token_type')
    const audience = type === types.idToken ? [clientId] : resources
    const verified = await jwtVerify(token, keys, { issuer, audience }).catch(() => null)
    const person = findPerson(verified?.payload.sub)
    if (!person) throw new errors.InvalidGrant('the subject token is not valid')
    return person
  }

  async function vouch(person: Person, { audience = '', resource, scope }: Params) {
    const rule = vouchesFor.get(audience)
    if (!rule) throw new errors.InvalidTarget(`this company does not vouch to ${audience}`)
    if (!person.groups.some((group) => rule.groups.includes(group)))
      throw new errors.AccessDenied(`${person.name} is in none of the groups ${rule.groups.join(', ')}`)
    const seconds = 120
    const { id: sub, email, name } = person
    const claims = { sub, email, name, client_id: rule.clientId, jti: randomUUID(), resource, scope }
    const access_token = await sign(claims, { audience, typ: 'oauth-id-jag+jwt', seconds })
    return { issued_token_type: types.idJag, access_token, token_type: 'N_A', expires_in: seconds, scope }
  }

  async function narrow(person: Person, { audience, resource, scope = 'mcp' }: Params) {
    const target = resource ?? audience ?? ''
    if (!resources.includes(target)) throw new errors.InvalidTarget(`unknown resource ${target}`)
    const jti = randomUUID()
    const { id: sub, name, email, groups } = person
    const seconds = lifetimes.accessToken
    const claims = { sub, jti, name, email, groups, scope, client_id: clientId }
    const access_token = await sign(claims, { audience: target, typ: 'at+jwt', seconds })
    issued(jti)
    return { issued_token_type: types.accessToken, access_token, token_type: 'Bearer', expires_in: seconds, scope }
  }

  provider.registerGrantType(
    grants.exchange,
    async (ctx: Context) => {
      const params = ctx.oidc.params ?? {}
      const person = await findSubject(params)
      ctx.body = await (params.requested_token_type === types.idJag ? vouch(person, params) : narrow(person, params))
    },
    ['subject_token', 'subject_token_type', 'requested_token_type', 'audience', 'resource', 'scope'],
  )
}

type Trust = {
  provider: Provider
  issuer: string
  key: Needs['key']
  resources: string[]
  lifetimes: { accessToken: number }
  issued: (jti: string) => void
  /** The companies whose word counts, by issuer; a person comes in by their e-mail address. */
  trusts: string[]
  findByEmail: (email: unknown) => Person | undefined
}

/** RFC 7523: lets in whom a trusted company vouches for, without a page of its own. */
export function addJwtBearer({ provider, issuer, key, resources, lifetimes, issued, trusts, findByEmail }: Trust) {
  const keysOf = new Map<string, JWTVerifyGetKey>(
    trusts.map((company) => [company, createRemoteJWKSet(new URL(`${company}/jwks`))]),
  )
  const used = new Set<string>()

  async function verify(assertion: string) {
    for (const [company, keys] of keysOf) {
      const verified = await jwtVerify(assertion, keys, { issuer: company, audience: issuer, typ: 'oauth-id-jag+jwt' })
        .then(({ payload }) => payload)
        .catch(() => null)
      if (verified) return verified
    }
    throw new errors.InvalidGrant('the assertion is not one of a company we trust')
  }

  provider.registerGrantType(
    grants.bearer,
    async (ctx: Context) => {
      const { assertion = '', resource = resources[0] ?? '', scope = 'mcp' } = ctx.oidc.params ?? {}
      const claims = await verify(assertion)
      if (claims.client_id !== ctx.oidc.client?.clientId)
        throw new errors.InvalidGrant('the assertion is for another app')
      if (typeof claims.jti !== 'string' || used.has(claims.jti))
        throw new errors.InvalidGrant('the assertion was used')
      const person = findByEmail(claims.email)
      if (!person) throw new errors.InvalidGrant('nobody here has this address')
      if (!resources.includes(resource)) throw new errors.InvalidTarget(`unknown resource ${resource}`)
      used.add(claims.jti)
      const jti = randomUUID()
      const { id: sub, name, email, groups } = person
      const access_token = await new SignJWT({ sub, jti, name, email, groups, scope, client_id: claims.client_id })
        .setProtectedHeader({ alg: 'RS256', kid: key.kid, typ: 'at+jwt' })
        .setIssuer(issuer)
        .setAudience(resource)
        .setIssuedAt()
        .setExpirationTime(`${lifetimes.accessToken}s`)
        .sign(key.privateKey)
      issued(jti)
      ctx.body = { access_token, token_type: 'Bearer', expires_in: lifetimes.accessToken, scope }
    },
    ['assertion', 'resource', 'scope'],
  )
}

type Params = Record<string, string | undefined>
