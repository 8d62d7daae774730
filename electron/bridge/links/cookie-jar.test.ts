import { expect, test } from 'vitest'
import { createCookieJar } from './cookie-jar.ts'

const server = new URL('https://mcp.example/sse')

test('a load balancer’s cookie goes back to it', () => {
  const jar = createCookieJar()
  jar.store(server, ['AWSALB=abc; Expires=Wed, 01 Jan 2200 00:00:00 GMT; Path=/', 'route=1; Path=/; HttpOnly'])
  expect(jar.header(new URL('https://mcp.example/messages?session_id=1'))).toBe('AWSALB=abc; route=1')
})

test('a cookie never goes to another host, whatever domain it claims', () => {
  const jar = createCookieJar()
  jar.store(server, 'a=1; Domain=example; Path=/')
  expect(jar.header(new URL('https://other.example/'))).toBeUndefined()
  expect(jar.header(new URL('https://sub.mcp.example/'))).toBeUndefined()
})

test('a secure cookie does not go over plain HTTP', () => {
  const jar = createCookieJar()
  jar.store(server, 'a=1; Secure; Path=/')
  expect(jar.header(new URL('http://mcp.example/'))).toBeUndefined()
})

test('paths hold, and without one it is the folder of the address', () => {
  const jar = createCookieJar()
  jar.store(new URL('https://mcp.example/team/sse'), ['a=1', 'b=2; Path=/team/x'])
  expect(jar.header(new URL('https://mcp.example/team/messages'))).toBe('a=1')
  expect(jar.header(new URL('https://mcp.example/teamwork'))).toBeUndefined()
  expect(jar.header(new URL('https://mcp.example/team/x/y'))).toBe('a=1; b=2')
})

test('a newer cookie replaces the older, and one that expired is gone', () => {
  let now = 0
  const jar = createCookieJar({ now: () => now })
  jar.store(server, 'a=1; Max-Age=10; Path=/')
  jar.store(server, 'a=2; Max-Age=10; Path=/')
  expect(jar.header(server)).toBe('a=2')
  now = 11_000
  expect(jar.header(server)).toBeUndefined()
  jar.store(server, 'b=1; Path=/')
  jar.store(server, 'b=; Max-Age=0; Path=/')
  expect(jar.header(server)).toBeUndefined()
})

test('what is no cookie and what is endless is left out', () => {
  const jar = createCookieJar()
  jar.store(server, ['nonsense', '=x', `big=${'x'.repeat(5000)}`])
  jar.store(server, undefined)
  expect(jar.header(server)).toBeUndefined()
})
