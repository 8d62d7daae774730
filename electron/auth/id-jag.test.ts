import { expect, test } from 'vitest'
import { ServerConfig } from '../../shared/server-config.ts'
import { createTestAuth, seed } from './fixtures/app.ts'
import { createFakeClock } from './fixtures/fake-clock.ts'
import { createFakeSso, type FakeRequest } from './fixtures/fake-sso.ts'
import { createMemoryVault } from './fixtures/memory-vault.ts'

const url = 'https://mcp.example/mcp'
const issuer = 'https://auth.example'
const idJag = 'urn:ietf:params:oauth:token-type:id-jag'
const exchangeGrant = 'urn:ietf:params:oauth:grant-type:token-exchange'

/** The company’s SSO, a server, and that server’s authorization server. */
function createScene(auth: object) {
  const { clock } = createFakeClock()
  const company = createFakeSso()
  company.state.token = (request) =>
    request.body.get('grant_type') === exchangeGrant
      ? company.json({ access_token: 'the-id-jag', issued_token_type: idJag, token_type: 'N_A', expires_in: 300 })
      : company.tokens(request)
  const redeemed: FakeRequest[] = []
  const strangers: Record<string, (request: FakeRequest) => Response> = {
    'https://mcp.example/.well-known/oauth-protected-resource/mcp': () =>
      Response.json({ resource: url, authorization_servers: [issuer] }),
    [`${issuer}/.well-known/oauth-authorization-server`]: () =>
      Response.json({
        ...{ issuer, authorization_endpoint: `${issuer}/authorize`, token_endpoint: `${issuer}/token` },
        ...{
          response_types_supported: ['code'],
          token_endpoint_auth_methods_supported: ['client_secret_basic', 'none'],
        },
      }),
    [`${issuer}/token`]: (request) => {
      redeemed.push(request)
      return Response.json({ access_token: 'for-the-server', token_type: 'Bearer', expires_in: 300 })
    },
  }
  const memory = createMemoryVault()
  seed(memory.values, { ...company, refreshToken: company.issueRefreshToken(), clock })
  const scene = createTestAuth({
    ...{ sso: company, clock, vault: memory.open(), guard: async () => {} },
    async fetch(at, init) {
      const body = new URLSearchParams(init?.body ? String(init.body) : '')
      const request = { url: new URL(at), body, headers: new Headers(init?.headers), signal: null }
      return strangers[at]?.(request) ?? company.fetch(at, init)
    },
  })
  const server = ServerConfig.parse({
    ...{ id: 'tides', name: 'Tides', endpoint: { transport: 'http', url } },
    auth: { kind: 'id-jag', ...auth },
  })
  return { company, redeemed, headers: () => scene.auth.headers(server) }
}

test('the company’s word names the server and its issuer, and is redeemed there as a public client', async () => {
  const { company, redeemed, headers } = createScene({ clientId: 'causeway' })
  expect(await headers()).toEqual({ authorization: 'Bearer for-the-server' })
  const exchange = company.sent('/token').find(({ body }) => body.get('grant_type') === exchangeGrant)
  expect(Object.fromEntries(exchange?.body ?? [])).toMatchObject({
    ...{ requested_token_type: idJag, audience: issuer, resource: url },
    subject_token_type: 'urn:ietf:params:oauth:token-type:id_token',
  })
  expect(redeemed.map(({ body }) => body.get('assertion'))).toEqual(['the-id-jag'])
  expect(redeemed[0]?.body.get('client_id')).toBe('causeway')
  expect(redeemed[0]?.headers.has('authorization')).toBe(false)
})

test('a client with a secret shows it where the word is redeemed, and only there', async () => {
  const { company, redeemed, headers } = createScene({ clientId: 'causeway-1', clientSecret: 'xaa-secret' })
  expect(await headers()).toEqual({ authorization: 'Bearer for-the-server' })
  expect(atob(redeemed[0]?.headers.get('authorization')?.slice(6) ?? '')).toBe('causeway-1:xaa-secret')
  expect(redeemed[0]?.body.has('client_secret')).toBe(false)
  expect(company.requests.some(({ body }) => String(body).includes('xaa-secret'))).toBe(false)
})
