import { createSign, generateKeyPairSync, randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What the suite tells a client of `auth/enterprise-managed-authorization`. */
export type EnterpriseContext = {
  client_id: string
  client_secret: string
  idp_client_id: string
  idp_id_token: string
  idp_token_endpoint: string
}
export const enterpriseServer = 'ledger'
const clientId = 'causeway-desktop'
const exchange = 'urn:ietf:params:oauth:grant-type:token-exchange'

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
const now = () => Math.floor(Date.now() / 1000)

/**
 * A company whose catalog holds the suite’s server. The suite’s SSO only exchanges tokens and nobody can sign in there,
 * so this SSO signs people in and passes on every exchange as it is, but for what names the person: the ID token the
 * suite made for them.
 */
export async function startEnterprise(url: string, context: EnterpriseContext) {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const nonces = new Map<string, string | null>()
  let origin = ''

  function createIdToken(nonce: string | null | undefined) {
    const claims = { iss: origin, aud: clientId, sub: 'ana', name: 'Ana', iat: now(), exp: now() + 3600, nonce }
    const text = `${encode({ alg: 'RS256', kid: 'one' })}.${encode(claims)}`
    return `${text}.${createSign('RSA-SHA256').update(text).sign(privateKey).toString('base64url')}`
  }
  function authorize(query: URLSearchParams, response: ServerResponse) {
    const code = randomUUID()
    nonces.set(code, query.get('nonce'))
    const back = new URL(query.get('redirect_uri') ?? '')
    back.search = `${new URLSearchParams({ code, state: query.get('state') ?? '' })}`
    response.writeHead(302, { location: back.href }).end()
  }
  async function giveToken(form: URLSearchParams) {
    if (form.get('grant_type') === exchange) {
      form.set('subject_token', context.idp_id_token)
      form.set('client_id', context.idp_client_id)
      const answer = await fetch(context.idp_token_endpoint, { method: 'POST', body: form })
      return { status: answer.status, body: (await answer.json()) as unknown }
    }
    const id_token = createIdToken(nonces.get(form.get('code') ?? ''))
    return { status: 200, body: { access_token: randomUUID(), token_type: 'Bearer', expires_in: 3600, id_token } }
  }

  const documents: Record<string, () => unknown> = {
    '/.well-known/causeway.json': () => ({
      ...{ version: 1, name: 'Conformance', catalogUrl: `${origin}/catalog.json` },
      sso: { issuer: origin, clientId, scopes: ['openid', 'profile'] },
    }),
    '/catalog.json': () => {
      const { client_id, client_secret } = context
      const auth = { kind: 'id-jag', clientId: client_id, clientSecret: client_secret }
      return {
        version: 1,
        servers: [{ id: enterpriseServer, name: 'Ledger', endpoint: { transport: 'auto', url }, auth }],
      }
    },
    '/.well-known/openid-configuration': () => ({
      ...{ issuer: origin, authorization_endpoint: `${origin}/authorize`, token_endpoint: `${origin}/token` },
      ...{ jwks_uri: `${origin}/jwks`, response_types_supported: ['code'], subject_types_supported: ['public'] },
      ...{ id_token_signing_alg_values_supported: ['RS256'], code_challenge_methods_supported: ['S256'] },
    }),
    '/jwks': () => ({ keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'one', alg: 'RS256', use: 'sig' }] }),
  }
  async function serve(request: IncomingMessage, response: ServerResponse) {
    const { pathname, searchParams } = new URL(request.url ?? '', origin)
    if (pathname === '/authorize') return authorize(searchParams, response)
    const parts: Buffer[] = []
    for await (const part of request) parts.push(part as Buffer)
    const answer =
      pathname === '/token'
        ? await giveToken(new URLSearchParams(Buffer.concat(parts).toString()))
        : { status: pathname in documents ? 200 : 404, body: documents[pathname]?.() ?? {} }
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end(JSON.stringify(answer.body))
  }

  const http = createServer((request, response) => {
    serve(request, response).catch(() => response.destroy())
  })
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  origin = `http://127.0.0.1:${(http.address() as AddressInfo).port}`
  return {
    origin,
    async close() {
      const closed = new Promise((resolve) => http.close(resolve))
      http.closeAllConnections()
      await closed
    },
  }
}
