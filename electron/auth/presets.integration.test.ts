import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { createTestAuth } from './fixtures/app.ts'
import { startBentSso } from './fixtures/bent-sso.ts'
import { createBrowser } from './fixtures/login.ts'
import { createMemoryVault } from './fixtures/memory-vault.ts'
import { resource } from './fixtures/sso.ts'
import { type Kind, kinds } from './fixtures/sso-kinds.ts'

type KindId = keyof typeof kinds
const ids = Object.keys(kinds) as KindId[]

async function findFreePort() {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address() as AddressInfo
  probe.close()
  await once(probe, 'close')
  return port
}

/** A company with this kind of SSO, and an app that was told to use `preset` there. */
async function createScene(id: KindId, preset: KindId | 'generic' = id) {
  const kind: Kind = kinds[id]
  const port = await findFreePort()
  const bend = kind.bend({ redirectUri: `http://127.0.0.1:${port}/callback` })
  const sso = await startBentSso(bend)
  const memory = createMemoryVault()
  const pages: Promise<unknown>[] = []
  const start = () =>
    createTestAuth({
      sso: {
        issuer: sso.issuer,
        preset,
        redirectPorts: kind.comparesPorts ? [port] : [],
        ...(kind.clientSecret ? { clientSecret: kind.clientSecret } : {}),
      },
      ...{ fetch, allowInsecure: true, vault: memory.open(), audiences: () => [kind.crm] },
      openUrl: async (url) => pages.push(login(url, bend.confirms)) > 0,
    })
  return { kind, sso, start, pages, ...start() }
}

async function login(url: string, confirms = false) {
  const browser = createBrowser()
  if (!confirms) return browser.login(url, 'ada')
  const yes = /href="([^"]+)">Yes/.exec((await browser.follow(url)).html)?.[1] ?? ''
  return browser.login(new URL(yes, url).href, 'ada')
}

const audienceOf = (token: string) =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString() || '{}').aud

test.for(ids)('%s: signs in, has a token for the server, renews it, starts again and signs out', async (id) => {
  const { auth, kind, sso, start } = await createScene(id)
  await auth.signIn()
  await expect.poll(() => auth.snapshot(), { timeout: 25_000 }).toMatchObject({ state: 'signed-in' })
  expect(auth.snapshot()).toMatchObject({ account: { name: 'Ada', groups: ['staff'], issuer: sso.issuer } })
  const first = (await auth.token(kind.crm)).reveal()
  const second = (await auth.token({ ...kind.crm, rejected: first })).reveal()
  const next = start().auth
  const third = (await next.token({ ...kind.crm, rejected: second })).reveal()
  expect(new Set([first, second, third]).size).toBe(3)
  if (kind.crm.scope) expect([first, second, third].map(audienceOf)).toEqual([resource, resource, resource])

  await next.signOut()
  await next.close()
  expect(next.snapshot()).toEqual({ state: 'signed-out', problem: null })
  expect(sso.asked('/token/revocation')).toBe(kind.revokes ? 1 : 0)
  expect(sso.refused).toEqual([])
})

test.for(['entra', 'google', 'adfs'] as const)('%s has no place for an app that does not know it', async (id) => {
  const { auth, sso, pages } = await createScene(id, 'generic')
  await auth.signIn()
  await pages[0]
  expect(sso.refused).toHaveLength(1)
  await auth.cancelSignIn()
})
