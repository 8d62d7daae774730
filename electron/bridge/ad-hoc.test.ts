import { expect, test } from 'vitest'
import { Problem } from '../../shared/problems.ts'
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
  const ids: string[] = []
  const world = { allowed: true, problem: null as Problem | null }
  const target = createAdHoc({
    hello: { ...hello, adHoc: hello.adHoc },
    allowed: () => world.allowed,
    headers: async (server, options) => {
      asked.push([server.auth, options])
      ids.push(server.id)
      if (world.problem) throw world.problem
      return { authorization: 'Bearer signed-in' }
    },
    log,
  })
  return { target, asked, ids, world }
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

test('servers behind one gateway have sign-ins apart, and who must sign in is told where', async () => {
  const servers = ['a', 'b', 'b'].map((name) => create(`https://${'g'.repeat(60)}.example/mcp/${name}`))
  for (const { target } of servers) await target.headers({ rejected: {} })
  const [a, b, again] = servers.flatMap(({ ids }) => ids)
  expect(a).not.toBe(b)
  expect(b).toBe(again)
  const { target, world } = create('https://mcp.example.com/x')
  world.problem = new Problem('auth.connect-needed', 'mcp.example.com')
  await expect(target.headers({ rejected: {} })).rejects.toThrow(/mcp\.example\.com: sign in under Connections/)
  world.problem = new Problem('auth.signed-out')
  await expect(target.headers({ rejected: {} })).rejects.toEqual(problem('auth.signed-out'))
})

test.each(['Authorization', 'X-API-Key', 'x-auth-token'])(
  'a refused %s of the command line is said, not replaced',
  async (name) => {
    const { target, asked } = create('https://mcp.example.com/x', { [name]: 'Bearer mine' })
    const refused = target.headers({ rejected: { [name]: 'Bearer mine' } })
    await expect(refused).rejects.toEqual(problem('auth.api-key-refused'))
    expect(asked).toEqual([])
  },
)
