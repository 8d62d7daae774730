import { once } from 'node:events'
import { request } from 'node:http'
import { type AddressInfo, createServer } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { openLoopback } from './loopback.ts'

async function open(options: Partial<Parameters<typeof openLoopback>[0]> = {}) {
  const loopback = await openLoopback({
    ports: [],
    state: 'the-state',
    isGood: (answer) => !answer.has('error'),
    ...options,
  })
  onTestFinished(loopback.close)
  const { port } = new URL(loopback.redirectUri)
  const at = (path: string) => `http://127.0.0.1:${port}${path}`
  const get = (path: string, init: RequestInit = {}) => fetch(at(path), { redirect: 'manual', ...init })
  return { ...loopback, get, port: Number(port) }
}

/** What `fetch` does not let one send: another Host. */
async function getAs(host: string, port: number, path: string, at = '127.0.0.1') {
  const [response] = await once(request({ host: at, port, path, headers: { host } }).end(), 'response')
  response.resume()
  return response.statusCode as number
}

test('case 6, edge 33: what is not the one answer is turned away, and the wait goes on', async () => {
  const { get, answer, port } = await open()
  expect((await get('/callback?code=x&state=wrong')).status).toBe(400)
  expect((await get('/callback?code=x')).status).toBe(400)
  expect((await get('/callback?code=x&state=the-state&state=the-state')).status).toBe(400)
  expect((await get('/callback?state=the-state')).status).toBe(400)
  expect((await get('/callback?code=x&error=y&state=the-state')).status).toBe(400)
  expect((await get('/callback/?code=x&state=the-state')).status).toBe(404)
  expect((await get('/CALLBACK?code=x&state=the-state')).status).toBe(404)
  expect((await get('/favicon.ico')).status).toBe(404)
  expect((await get('/done')).status).toBe(404)
  for (const method of ['POST', 'HEAD', 'OPTIONS', 'PUT'])
    expect((await get('/callback?code=x&state=the-state', { method })).status).toBe(404)
  expect((await get(`/callback?code=${'x'.repeat(1024 * 1024)}&state=the-state`)).status).toBe(431)
  for (const host of ['localhost', `localhost:${port}`, 'evil.example', `evil.example:${port}`, '127.0.0.1'])
    expect(await getAs(host, port, '/callback?code=x&state=the-state')).toBe(404)
  expect((await get('/callback?code=real&state=the-state')).status).toBe(302)
  expect((await answer).get('code')).toBe('real')
})

test('an SSO may know the address by another host and path; no other spelling of it is taken', async () => {
  for (const [host, other] of [
    ['localhost', '127.0.0.1'],
    ['[::1]', 'localhost'],
  ] as const) {
    const { redirectUri, answer, port } = await open({ host, path: '/sign-in/back' })
    expect(redirectUri).toBe(`http://${host}:${port}/sign-in/back`)
    const ask = (as: string, path: string) =>
      getAs(as, port, `${path}?code=x&state=the-state`, host === '[::1]' ? '::1' : '127.0.0.1')
    expect(await ask(`${other}:${port}`, '/sign-in/back')).toBe(404)
    expect(await ask(`${host}:${port}`, '/callback')).toBe(404)
    expect(await ask(`${host}:${port}`, '/sign-in/back')).toBe(302)
    expect((await answer).get('code')).toBe('x')
  }
})

test('answers at once with a redirect, so that the code leaves the address bar, to a page that loads and keeps nothing', async () => {
  const { get } = await open()
  const first = await get('/callback?code=secret-code&state=the-state')
  expect(first.status).toBe(302)
  expect(first.headers.get('location')).toBe('/done')
  const page = await get('/done')
  const html = await page.text()
  expect(html).toContain('You can close this page')
  expect(html).not.toContain('secret-code')
  for (const response of [first, page]) {
    expect(response.headers.get('cache-control')).toBe('no-store')
    expect(response.headers.get('referrer-policy')).toBe('no-referrer')
    expect(response.headers.get('content-security-policy')).toMatch(/^default-src 'none';/)
  }
})

test('one answer counts, and after its page nobody listens', async () => {
  const { get, answer } = await open()
  await get('/callback?code=first&state=the-state')
  expect((await get('/callback?code=second&state=the-state')).status).toBe(404)
  expect((await answer).get('code')).toBe('first')
  await (await get('/done')).text()
  await expect
    .poll(
      () =>
        get('/done').then(
          () => 'open',
          () => 'closed',
        ),
      { timeout: 20_000 },
    )
    .toBe('closed')
})

test('an error of the login page leads to a page that says so, and shows none of its text', async () => {
  const { get } = await open()
  await get('/callback?error=access_denied&error_description=<script>alert(1)</script>&state=the-state')
  const html = await (await get('/done')).text()
  expect(html).toContain('The sign-in was not completed')
  expect(html).not.toContain('alert')
})

test('case 2, edge 33, pain 10: the first free one of the registered ports is taken, and all busy is said with their numbers', async () => {
  const busy = createServer().listen(0, '127.0.0.1')
  await once(busy, 'listening')
  onTestFinished(() => void busy.close())
  const { port: taken } = busy.address() as AddressInfo
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port: free } = probe.address() as AddressInfo
  probe.close()
  await once(probe, 'close')
  expect((await open({ ports: [taken, free] })).redirectUri).toBe(`http://127.0.0.1:${free}/callback`)
  await expect(open({ ports: [taken] })).rejects.toMatchObject({
    code: 'auth.ports-busy',
    detail: `ports ${taken} of 127.0.0.1; a sign-in with a code on another device needs none of them`,
  })
})
