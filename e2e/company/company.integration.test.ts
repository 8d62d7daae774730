import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterEach, expect, test } from 'vitest'
import { CatalogDocument, CompanyDocument } from '../../shared/server-config.ts'
import { bearer, connectClient, overHttp, textOf } from './clients.ts'
import { type Company, type CompanyOptions, startCompany } from './company.ts'
import { refresh, signIn, Tokens } from './sign-in.ts'

const open: Company[] = []
const children: ChildProcess[] = []
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
  await Promise.all(open.splice(0).map((company) => company.close()))
})

async function start(options?: CompanyOptions) {
  const company = await startCompany(options)
  open.push(company)
  return company
}

test('its address says all an app must know, in the shape apps expect', async () => {
  const { address, issuer } = await start()
  const company = CompanyDocument.parse(await (await fetch(`${address}/.well-known/causeway.json`)).json())
  expect(company.sso).toMatchObject({ issuer, clientId: 'causeway-desktop' })
  const { servers } = CatalogDocument.parse(await (await fetch(company.catalogUrl)).json())
  expect(servers.map(({ id, endpoint, auth }) => [id, endpoint.transport, auth.kind])).toEqual([
    ['github', 'http', 'sso'],
    ['sentry', 'http', 'sso'],
    ['pdf', 'sse-split', 'sso'],
    ['iam', 'sse', 'sso'],
    ['packages', 'http', 'api-key'],
    ['database', 'stdio', 'none'],
    ['policies', 'auto', 'sso'],
    ['flaky', 'http', 'sso'],
  ])
  expect(await (await fetch(address)).text()).toContain('Fernhill Freight')
})

test('its people see different servers, and one server is for admins alone', async () => {
  const { people, catalog } = await start()
  const serversOf = (groups: string[]) =>
    catalog.servers
      .filter((server) => !server.groups || server.groups.some((group) => groups.includes(group)))
      .map(({ id }) => id)
  expect(Object.fromEntries(people.map(({ id, groups }) => [id, serversOf(groups)]))).toEqual({
    ana: ['github', 'sentry', 'pdf', 'iam', 'packages', 'database', 'policies', 'flaky'],
    ben: ['github', 'sentry', 'pdf', 'packages', 'database', 'policies', 'flaky'],
    cho: ['sentry', 'pdf', 'policies', 'flaky'],
  })
})

test('sessions can be forgotten: the next request of each gets 404', async () => {
  const company = await start()
  const { access_token } = await signIn(company, 'ana')
  const client = await connectClient(overHttp(company.resources.github, bearer(access_token)))
  expect(await company.servers.github.dropSessions()).toBe(1)
  await expect(client.listTools()).rejects.toThrow('Session not found')
  await client.close()
})

test('a part can refuse, stall, cut and go down for as many requests as a test wants', async () => {
  const company = await start()
  const { website } = company.parts
  const ask = async () => (await fetch(`${website.origin}/catalog.json`)).status
  website.inject({ kind: 'answer', status: 401 }, { times: 2 })
  expect([await ask(), await ask(), await ask()]).toEqual([401, 401, 200])
  const heal = website.inject({ kind: 'reset' }, { times: Number.POSITIVE_INFINITY })
  await expect(ask()).rejects.toThrow()
  heal()
  website.inject({ kind: 'delay', ms: 30 })
  expect(await ask()).toBe(200)
  website.inject({ kind: 'hang' })
  await expect(fetch(website.origin, { signal: AbortSignal.timeout(50) })).rejects.toThrow('timeout')
  await website.setDown(true)
  await expect(ask()).rejects.toThrow()
  await website.setDown(false)
  expect(await ask()).toBe(200)
  expect(website.requests.at(-1)).toMatchObject({ method: 'GET', path: '/catalog.json', status: 200 })
})

test('after everything is revoked neither token is good for anything', async () => {
  const company = await start()
  const tokens = await signIn(company, 'ana')
  const status = async () => (await fetch(company.resources.flaky, { headers: bearer(tokens.access_token) })).status
  expect(await status()).not.toBe(401)
  company.sso.revokeAll()
  expect(await status()).toBe(401)
  expect(await (await refresh(company.issuer, tokens.refresh_token)).json()).toMatchObject({ error: 'invalid_grant' })
  expect((await signIn(company, 'ana')).access_token).toBeTruthy()
})

test('servers go on while the SSO is away, and it comes back with what it knew', async () => {
  const company = await start()
  const tokens = await signIn(company, 'ben')
  await company.sso.part.setDown(true)
  const client = await connectClient(overHttp(company.resources.github, bearer(tokens.access_token)))
  expect(textOf(await client.callTool({ name: 'echo', arguments: { text: 'still here' } }))).toBe('still here')
  await client.close()
  await company.sso.part.setDown(false)
  expect((await refresh(company.issuer, tokens.refresh_token)).status).toBe(200)
})

test('a company can want a token of its own for each server', async () => {
  const company = await start({ ownAudienceOnly: true })
  const { access_token, refresh_token } = await signIn(company, 'ana')
  const connect = async (token: string) =>
    (await connectClient(overHttp(company.resources.sentry, bearer(token)))).close()
  await expect(connect(access_token)).rejects.toThrow()
  const narrowed = await refresh(company.issuer, refresh_token, { resource: company.resources.sentry })
  await connect(Tokens.parse(await narrowed.json()).access_token)
})

test('from the command line it prints its address as one line and ends on SIGTERM', async () => {
  const { child, line } = await run('--stdin-close')
  const { address, issuer } = JSON.parse(line)
  expect((await fetch(`${address}/health`)).status).toBe(200)
  expect((await fetch(`${issuer}/.well-known/openid-configuration`)).status).toBe(200)
  child.kill('SIGTERM')
  expect(await once(child, 'exit')).toEqual([0, null])
})

test('from the command line it ends when whoever started it is gone', async () => {
  const { child } = await run('--stdin-close')
  child.stdin?.end()
  expect(await once(child, 'exit')).toEqual([0, null])
})

test('a port that is taken is said, with what to do', async () => {
  const taken = createServer().listen(0, '127.0.0.1')
  await once(taken, 'listening')
  const { port } = taken.address() as { port: number }
  const child = spawnMain('--port', String(port))
  let said = ''
  child.stderr?.on('data', (chunk) => {
    said += chunk
  })
  expect(await once(child, 'close')).toEqual([1, null])
  expect(said).toContain(`127.0.0.1:${port}; choose another with --port`)
  taken.close()
})

async function run(...args: string[]) {
  const child = spawnMain(...args)
  const [line] = await once(createInterface({ input: child.stdout ?? process.stdin }), 'line')
  return { child, line: line as string }
}

function spawnMain(...args: string[]) {
  const child = spawn(process.execPath, [fileURLToPath(new URL('main.ts', import.meta.url)), ...args])
  children.push(child)
  return child
}
