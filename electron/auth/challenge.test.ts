import { expect, test } from 'vitest'
import { readChallenge, withCapability } from './challenge.ts'

const base64 = (text: string) => Buffer.from(text).toString('base64')

test('a scope challenge names scopes, quoted or not, among other parameters', () => {
  expect(
    readChallenge('Bearer error="insufficient_scope", scope="crm:read crm:write", resource_metadata="https://x"'),
  ).toEqual({
    kind: 'scope',
    scopes: ['crm:read', 'crm:write'],
  })
  expect(readChallenge('Bearer realm="a, scope=b", error=insufficient_scope, scope=crm:read')).toEqual({
    kind: 'scope',
    scopes: ['crm:read'],
  })
})

test('what is no scope is left out', () => {
  expect(readChallenge('Bearer error="insufficient_scope", scope="a b\u0001 \\"c ok"')).toEqual({
    kind: 'scope',
    scopes: ['a', 'ok'],
  })
})

test('case 32: a claims challenge that is no base64, no JSON, no object or too long says nothing', () => {
  const header = (claims: string) => `Bearer error="insufficient_claims", claims="${claims}"`
  expect(readChallenge(header(base64('{"access_token":{"nbf":{"essential":true}}}')))).toEqual({
    kind: 'claims',
    claims: { access_token: { nbf: { essential: true } } },
  })
  for (const claims of [
    '%%%',
    base64('not json'),
    base64('[1]'),
    base64('"x"'),
    base64(JSON.stringify({ a: 'x'.repeat(9000) })),
  ])
    expect(readChallenge(header(claims))).toEqual({ kind: 'claims', claims: null })
  expect(readChallenge(header(base64('x'.repeat(100_000))))).toEqual({ kind: 'other' })
})

test('the capability joins what was asked for', () => {
  expect(JSON.parse(withCapability({ access_token: { nbf: 1 }, id_token: {} }))).toEqual({
    access_token: { nbf: 1, xms_cc: { values: ['cp1'] } },
    id_token: {},
  })
})

test('anything else is an ordinary refusal', () => {
  for (const header of [undefined, '', 'Basic realm="x"', 'Bearer error="invalid_token"', '===', '"'.repeat(5000)])
    expect(readChallenge(header)).toEqual({ kind: 'other' })
})
