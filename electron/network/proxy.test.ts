import { expect, test } from 'vitest'
import type { ProxyChoice } from '../../shared/contract/settings.ts'
import { createProxies, isBypassed, parsePac, type Route } from './proxy.ts'

const words = (routes: Route[]) => routes.map((route) => (route.kind === 'direct' ? 'direct' : route.url.href))
async function find(
  url: string,
  env: Record<string, string> = {},
  choice: ProxyChoice = { mode: 'system' },
  resolveProxy?: (url: string) => Promise<string>,
) {
  return words(await createProxies({ env, choice: () => choice, resolveProxy })(new URL(url)))
}
const https = 'https://mcp.acme.test/mcp'

test('without any setting the way is straight', async () => {
  expect(await find(https)).toEqual(['direct'])
})

test.each([
  [{ HTTPS_PROXY: 'http://a:1' }, https, 'http://a:1/'],
  [{ https_proxy: 'http://b:2', HTTPS_PROXY: 'http://a:1' }, https, 'http://b:2/'],
  [{ HTTPS_PROXY: 'proxy.acme.test:3128' }, https, 'http://proxy.acme.test:3128/'],
  [{ HTTP_PROXY: 'http://a:1' }, https, 'direct'],
  [{ HTTP_PROXY: 'http://a:1' }, 'http://mcp.acme.test/', 'http://a:1/'],
  [{ ALL_PROXY: 'https://c:3' }, https, 'https://c:3/'],
  [{ HTTPS_PROXY: 'http://a:1', NO_PROXY: 'acme.test' }, https, 'direct'],
  [{ HTTPS_PROXY: 'http://a:1', no_proxy: 'other.test, .acme.test' }, https, 'direct'],
  [{ HTTPS_PROXY: '' }, https, 'direct'],
] as [Record<string, string>, string, string][])('the environment %o sends %s by %s', async (env, url, way) => {
  expect(await find(url, env)).toEqual([way])
})

test('this machine is never reached through a proxy', async () => {
  for (const host of ['localhost', 'a.localhost', '127.0.0.1', '127.9.9.9', '[::1]'])
    expect(await find(`https://${host}:8443/`, { HTTPS_PROXY: 'http://a:1' })).toEqual(['direct'])
})

test('what was chosen in the settings goes before the environment', async () => {
  const env = { HTTPS_PROXY: 'http://a:1' }
  expect(await find(https, env, { mode: 'none' })).toEqual(['direct'])
  expect(await find(https, env, { mode: 'fixed', url: 'http://p:9', bypass: [] })).toEqual(['http://p:9/'])
  expect(await find(https, env, { mode: 'fixed', url: 'http://p:9', bypass: ['*.acme.test'] })).toEqual(['direct'])
})

test('pain 7: the system is asked for each address, and goes behind the environment', async () => {
  const asked: string[] = []
  const resolve = async (url: string) => {
    asked.push(url)
    return 'PROXY one:8080; HTTPS two:443; DIRECT'
  }
  expect(await find(https, {}, { mode: 'system' }, resolve)).toEqual(['http://one:8080/', 'https://two/', 'direct'])
  expect(asked).toEqual([https])
  expect(await find(https, { HTTPS_PROXY: 'http://a:1' }, { mode: 'system' }, resolve)).toEqual(['http://a:1/'])
})

test('a PAC file that fails leaves the way straight', async () => {
  expect(await find(https, {}, { mode: 'system' }, async () => Promise.reject(new Error('PAC')))).toEqual(['direct'])
  expect(words(parsePac(''))).toEqual(['direct'])
})

test('kinds of proxies that are not supported are passed over, and named where there is no other', () => {
  expect(words(parsePac('SOCKS5 s:1080; PROXY p:1'))).toEqual(['http://p:1/'])
  expect(() => parsePac('SOCKS5 s:1080')).toThrow(expect.objectContaining({ code: 'network.proxy-invalid' }))
})

test('a proxy that is no address is said, without what stands in it', async () => {
  const asked = find(https, { HTTPS_PROXY: 'http://ana:hunter2@' })
  await expect(asked).rejects.toMatchObject({ code: 'network.proxy-invalid', detail: 'HTTPS_PROXY holds no address' })
  await expect(find(https, { ALL_PROXY: 'socks5://s:1' })).rejects.toMatchObject({ code: 'network.proxy-invalid' })
})

test.each([
  ['https://mcp.acme.test/', 'acme.test', true],
  ['https://acme.test/', '.acme.test', true],
  ['https://notacme.test/', 'acme.test', false],
  ['https://acme.test.evil.test/', 'acme.test', false],
  ['https://mcp.acme.test/', 'mcp.acme.test:443', true],
  ['https://mcp.acme.test/', 'mcp.acme.test:8443', false],
  ['https://intranet/', '<local>', true],
  ['https://intranet.acme.test/', '<local>', false],
  ['https://10.1.2.3/', '10.0.0.0/8', true],
  ['https://11.1.2.3/', '10.0.0.0/8', false],
  ['https://[fd00::1]/', 'fd00::/8', true],
  ['https://[fd00::1]/', 'fd00::1', true],
  ['https://10.1.2.3/', '10.0.0.0/99', false],
  ['https://anything.test/', '*', true],
])('%s is reached without the proxy by %s: %s', (url, entry, is) => {
  expect(isBypassed(new URL(url), [entry])).toBe(is)
})
