import * as oidc from 'openid-client'
import { expect, test } from 'vitest'
import { Problem } from '../../shared/problems.ts'
import { readRefusal } from './refusal.ts'

const issuer = 'https://sso.corp.example'

/** What openid-client makes of an answer, read back. */
async function refusalOf(answer: () => Response | Promise<Response>) {
  const config = new oidc.Configuration({ issuer, token_endpoint: `${issuer}/token` }, 'me', undefined, oidc.None())
  config[oidc.customFetch] = async () => answer()
  return oidc.refreshTokenGrant(config, 'rt').then(() => null, readRefusal)
}
const json =
  (status: number, body: unknown, headers: Record<string, string> = {}) =>
  () =>
    Response.json(body, { status, headers })
const html = (status: number) => () => new Response('<html>', { status, headers: { 'content-type': 'text/html' } })

test.for([
  ['invalid_grant', json(400, { error: 'invalid_grant' }), { kind: 'dead', certain: true }],
  [
    'invalid_grant as 401 with a challenge',
    json(401, { error: 'invalid_grant' }, { 'www-authenticate': 'Bearer' }),
    { kind: 'dead', certain: true },
  ],
  ['an empty 400', () => new Response(null, { status: 400 }), { kind: 'dead', certain: false }],
  ['an empty 401', () => new Response(null, { status: 401 }), { kind: 'dead', certain: false }],
  ['a foreign 400', json(400, { message: 'nope' }), { kind: 'dead', certain: false }],
  ['an HTML 400', html(400), { kind: 'dead', certain: false }],
  [
    'interaction_required',
    json(400, { error: 'interaction_required', claims: '{"a":1}' }),
    { kind: 'interaction', claims: '{"a":1}' },
  ],
  ['login_required', json(400, { error: 'login_required' }), { kind: 'interaction' }],
  ['a suberror', json(400, { error: 'invalid_grant', suberror: 'basic_action' }), { kind: 'interaction' }],
  [
    'invalid_client',
    json(401, { error: 'invalid_client' }, { 'www-authenticate': 'Basic' }),
    { kind: 'configuration' },
  ],
  ['unauthorized_client', json(400, { error: 'unauthorized_client' }), { kind: 'configuration' }],
  ['invalid_scope', json(400, { error: 'invalid_scope' }), { kind: 'audience' }],
  ['invalid_target', json(400, { error: 'invalid_target' }), { kind: 'audience' }],
  ['temporarily_unavailable', json(400, { error: 'temporarily_unavailable' }), { kind: 'unreachable' }],
  ['500', html(500), { kind: 'unreachable', gone: false }],
  [
    '503 with Retry-After',
    () => new Response('', { status: 503, headers: { 'retry-after': '7' } }),
    { kind: 'unreachable', retryAfterMs: 7000 },
  ],
  ['429 as JSON', json(429, { error: 'slow' }, { 'retry-after': '3' }), { kind: 'unreachable', retryAfterMs: 3000 }],
  ['a JSON 403', json(403, { message: 'no' }), { kind: 'unreachable' }],
  ['404', html(404), { kind: 'unreachable', gone: true }],
  ['200 with a page', html(200), { kind: 'captive-portal' }],
  ['302', () => new Response(null, { status: 302, headers: { location: 'http://wifi' } }), { kind: 'captive-portal' }],
  ['403 with a page', html(403), { kind: 'proxy' }],
  ['407', html(407), { kind: 'proxy' }],
  ['200 without a token', json(200, { ok: true }), { kind: 'untrusted' }],
  [
    'a DNS failure',
    () => Promise.reject(new TypeError('fetch failed', { cause: { code: 'ENOTFOUND' } })),
    { kind: 'unreachable', reason: 'does not answer (ENOTFOUND)' },
  ],
  ['a timeout', () => Promise.reject(new DOMException('late', 'TimeoutError')), { kind: 'timeout' }],
] as const)('%s means what its status and shape say', async ([, answer, expected]) => {
  expect(await refusalOf(answer as () => Response)).toMatchObject(expected)
})

test('an error that does not look like one is not repeated, and of a text only Microsoft’s number is', async () => {
  const sneaky = await refusalOf(
    json(400, { error: '<b>call 555</b>', error_description: 'AADSTS50011: user ada@corp' }),
  )
  expect(sneaky).toMatchObject({ error: 'unknown error, AADSTS50011' })
})

test('a proxy or a certificate in the way is said in its own words', async () => {
  const problem = new Problem(
    'network.not-trusted',
    'sso.corp.example: its certificate comes from “Corp Inspection CA”',
  )
  const refusal = await refusalOf(() => Promise.reject(new TypeError('fetch failed', { cause: problem })))
  expect(refusal).toMatchObject({ kind: 'unreachable', reason: expect.stringContaining('“Corp Inspection CA”') })
})
