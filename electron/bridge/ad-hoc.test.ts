import { expect, test } from 'vitest'
import { createMemoryLog } from '../lib/log.ts'
import { BridgeHello } from './accept.ts'
import { createAdHoc } from './ad-hoc.ts'

const problem = (code: string) => expect.objectContaining({ code })

function create(
  url: string,
  headers: Record<string, string> = {},
  extra: { clientId?: string; clientSecret?: string } = {},
) {
  const { log } = createMemoryLog()
  const asked: unknown[] = []
  const hello = BridgeHello.parse({
    ...{ role: 'bridge', server: 'github', client: null, pid: 1, version: '1', resumed: false },
    adHoc: { transport: 'http', url, headers, ...extra },
  })
  if (!hello.adHoc) throw new Error('no address')
  const world = { allowed: true }
  const target = createAdHoc({
    hello: { ...hello, adHoc: hello.adHoc },
    allowed: () => world.allowed,
    headers: async (server, options) => {
      asked.push([server.auth, options])
      return { authorization: 'Bearer signed-in' }
    },
    log,
  })
  return { target, asked, world }
}

test('it goes by its host, never by the name of a server of the company', () => {
  expect(create('https://mcp.example.com/x').target.server).toBe('ad-hoc-mcp-example-com')
  expect(create('http://[::1]:8080/').target.server).toBe('ad-hoc-1')
  expect(create(`https://${'a'.repeat(60)}.example/`).target.server).toHaveLength(63)
})

test('where it is forbidden it is refused, also in the middle', () => {
  const { target, world } = create('https://mcp.example.com/x')
  expect(target.getServer()).toMatchObject({ endpoint: { transport: 'http', url: 'https://mcp.example.com/x' } })
  world.allowed = false
  expect(() => target.getServer()).toThrow(problem('bridge.ad-hoc-forbidden'))
})

test('its own headers are sent, and no sign-in is looked for before the server asks', async () => {
  const { target, asked } = create(
    'https://mcp.example.com/x',
    { 'x-team': 'a' },
    { clientId: 'mine', clientSecret: 's' },
  )
  expect(await target.headers()).toEqual({ 'x-team': 'a' })
  expect(asked).toEqual([])
  const signedIn = { 'x-team': 'a', authorization: 'Bearer signed-in' }
  expect(await target.headers({ rejected: { 'x-team': 'a' }, challenge: 'Bearer' })).toEqual(signedIn)
  const auth = { kind: 'mcp-oauth', clientId: 'mine', clientSecret: 's' }
  expect(asked).toEqual([[auth, expect.objectContaining({ challenge: 'Bearer' })]])
  expect(await target.headers()).toEqual(signedIn)
})

test('a refused token of the command line is said, not replaced', async () => {
  const { target, asked } = create('https://mcp.example.com/x', { Authorization: 'Bearer mine' })
  const refused = target.headers({ rejected: { authorization: 'Bearer mine' } })
  await expect(refused).rejects.toEqual(problem('auth.api-key-refused'))
  expect(asked).toEqual([])
})
