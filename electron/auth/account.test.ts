import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { toAccount, toAccountId } from './account.ts'

const claims = { iss: 'https://sso.corp.example', sub: 'ada' }

test('a namespace is the first 32 hex digits of SHA-256 over issuer and subject', () => {
  const whole = createHash('sha256').update('https://sso.corp.example|ada').digest('hex')
  expect(toAccountId('https://sso.corp.example', 'ada')).toBe(whole.slice(0, 32))
})

test('a name is found where the SSO puts it', () => {
  expect(toAccount({ ...claims, name: 'Ada' }).account.name).toBe('Ada')
  expect(toAccount({ ...claims, preferred_username: 'ada.l' }).account.name).toBe('ada.l')
  expect(toAccount({ ...claims, name: ' ', email: 'ada@corp.example' }).account.name).toBe('ada@corp.example')
  expect(toAccount({ ...claims, name: 7 }).account.name).toBe('ada')
})

test('groups are strings; what else stands among them is left out', () => {
  expect(toAccount({ ...claims, groups: ['a', 7, null, '', 'b'] })).toMatchObject({
    account: { groups: ['a', 'b'] },
    groups: 'said',
  })
  expect(toAccount({ ...claims, groups: 'only' }).account.groups).toEqual(['only'])
  expect(toAccount(claims)).toMatchObject({ account: { groups: [] }, groups: 'unsaid' })
  expect(toAccount({ ...claims, _claim_names: { groups: 'src1' } }).groups).toBe('elsewhere')
})
