import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Problem } from '../../shared/problems.ts'
import { createMemoryLog } from '../lib/log.ts'
import { toAddress } from './address.ts'
import { createCompany } from './company.ts'

const document = {
  version: 1,
  name: 'Acme',
  sso: { issuer: 'https://sso.acme.example', clientId: 'causeway-desktop' },
  catalogUrl: 'https://acme.example/catalog.json',
}

let folder: string
let address: string | null
let refusal: Problem | null
let answer: () => Response | Promise<Response>
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'company-'))
  address = null
  refusal = null
  answer = () => Response.json(document)
})
afterEach(() => rm(folder, { recursive: true, force: true }))

function make() {
  const settings = {
    company: () => {
      if (refusal) throw refusal
      return address
    },
    setCompany: (next: string | null) => {
      address = next
    },
  }
  const fetch = async () => answer()
  return createCompany({ settings, cacheFolder: folder, fetch, now: () => new Date(), log: createMemoryLog().log })
}

test('joins a company by the address a person types', async () => {
  const company = make()
  await company.join(' mcp.acme.example/ ')
  expect(address).toBe('https://mcp.acme.example')
  expect(company.current()?.document.name).toBe('Acme')
  expect(company.current()?.document.sso.scopes).toContain('offline_access')
})

test('keeps the company it has when the new address is not one', async () => {
  const company = make()
  await company.join('https://mcp.acme.example')
  answer = () => new Response('<html>hello</html>')
  await expect(company.join('https://elsewhere.example')).rejects.toMatchObject({ code: 'app.company-invalid' })
  expect(address).toBe('https://mcp.acme.example')
  expect(company.current()?.document.name).toBe('Acme')
})

test('starts offline from the last good copy and says why it is not fresh', async () => {
  await make().join('https://mcp.acme.example')
  answer = () => Promise.reject(Object.assign(new Error('down'), { code: 'ECONNREFUSED' }))
  const company = make()
  await company.refresh()
  expect(company.current()?.document.name).toBe('Acme')
  expect(company.problem()).toMatchObject({ code: 'app.company-unreachable' })
  expect(company.problem()?.detail).toContain('ECONNREFUSED')
})

test('an answer that is not a company document is refused with the field that is wrong', async () => {
  answer = () => Response.json({ ...document, sso: { issuer: 'not a url', clientId: 'x' } })
  await expect(make().join('https://mcp.acme.example')).rejects.toThrow(/sso\.issuer/)
})

test('redirects are not followed', async () => {
  answer = () => new Response(null, { status: 302, headers: { location: 'https://evil.example' } })
  await expect(make().join('https://mcp.acme.example')).rejects.toMatchObject({ code: 'app.company-unreachable' })
})

test.each([
  ['mcp.acme.example', 'https://mcp.acme.example'],
  ['https://acme.example/mcp/', 'https://acme.example/mcp'],
  ['https://acme.example/.well-known/causeway.json', 'https://acme.example'],
  ['http://127.0.0.1:4000', 'http://127.0.0.1:4000'],
])('reads %s as %s', (typed, expected) => expect(toAddress(typed)).toBe(expected))

test.each([
  '',
  'http://acme.example',
  'https://user:pass@acme.example',
  'two words',
  'file:///etc/passwd',
  'javascript://x',
])('refuses %j as an address', (typed) =>
  expect(() => toAddress(typed)).toThrow(expect.objectContaining({ code: 'app.company-invalid' })),
)

test('a company that somebody chose and nobody can read is none, with the reason, and is not asked for anew', async () => {
  refusal = new Problem('policy.unreadable', '/etc/causeway/policy.json: it is a link')
  const company = make()
  await company.refresh()
  expect(company.current()).toBeNull()
  expect(company.problem()).toEqual(refusal.data)
  expect(company.isChosen()).toBe(true)
  refusal = null
  address = 'http://not-over-tls.example'
  await company.refresh()
  expect(company.problem()).toMatchObject({ code: 'app.company-invalid' })
})

test('what it is not yet known to belong to is not taken for nothing: the last copy counts before the network', async () => {
  address = 'https://mcp.acme.example'
  await make().refresh()
  answer = () => new Promise<Response>(() => {})
  const next = make()
  let known = false
  void next.known.then(() => {
    known = true
  })
  await Promise.resolve()
  expect(known).toBe(false)
  void next.refresh()
  await next.known
  expect(next.current()?.document.name).toBe('Acme')
})
