import { expect, onTestFinished, test, vi } from 'vitest'
import { createGuardedFetch, isSafeUrl } from './guarded-fetch.ts'

test('plain http is for the literal loopback, and only where the app allows it', () => {
  expect(isSafeUrl('https://sso.corp.example/x', false)).toBe(true)
  expect(isSafeUrl('http://127.0.0.1:8080/x', true)).toBe(true)
  expect(isSafeUrl('http://[::1]:8080/x', true)).toBe(true)
  for (const url of ['http://127.0.0.1/', 'http://[::1]/']) expect(isSafeUrl(url, false)).toBe(false)
  for (const url of [
    'http://localhost/',
    'http://10.0.0.1/',
    'http://127.0.0.1.evil.example/',
    'file:///etc/passwd',
    'javascript:1',
    'x',
  ])
    expect(isSafeUrl(url, true)).toBe(false)
})

test('the name localhost is loopback only for a developer who says so', () => {
  onTestFinished(() => void vi.unstubAllEnvs())
  expect(isSafeUrl('http://localhost:8080/x', true)).toBe(false)
  vi.stubEnv('CAUSEWAY_TRUST_LOCALHOST', '1')
  expect(isSafeUrl('http://localhost:8080/x', true)).toBe(true)
  expect(isSafeUrl('http://localhost:8080/x', false)).toBe(false)
  expect(isSafeUrl('http://localhost.evil.example/x', true)).toBe(false)
})

test('an unsafe address is never asked', async () => {
  const asked: string[] = []
  const fetch = createGuardedFetch({
    allowInsecure: true,
    fetch: async (url) => {
      asked.push(url)
      return new Response('{}')
    },
  })
  await expect(fetch('http://sso.corp.example/token')).rejects.toThrow('over plain http')
  expect(asked).toEqual([])
})

test('a body is read up to 256 kB, however it was packed, and not a byte further', async () => {
  let sent = 0
  const endless = () =>
    new ReadableStream<Uint8Array>({
      pull(controller) {
        sent += 64 * 1024
        controller.enqueue(new Uint8Array(64 * 1024))
      },
    })
  const fetch = createGuardedFetch({ allowInsecure: false, fetch: async () => new Response(endless()) })
  await expect(fetch('https://sso.corp.example/')).rejects.toThrow('sent more than 256 kB')
  expect(sent).toBeLessThan(1024 * 1024)
})

test('a redirect is an answer, not a way', async () => {
  let asked: RequestInit | undefined
  const answer = new Response(null, { status: 302, headers: { location: 'http://evil.example/' } })
  const fetch = createGuardedFetch({
    allowInsecure: false,
    fetch: async (_, init) => {
      asked = init
      return answer
    },
  })
  expect((await fetch('https://sso.corp.example/', { redirect: 'follow' })).status).toBe(302)
  expect(asked?.redirect).toBe('manual')
})

test('what only reads is asked once more where a kept connection was closed under it, and nothing else is', async () => {
  const lost = () => Object.assign(new TypeError('fetch failed'), { cause: { code: 'UND_ERR_SOCKET' } })
  const asks = async (failures: Error[], init?: RequestInit) => {
    let count = 0
    const fetch = createGuardedFetch({
      allowInsecure: false,
      fetch: async () => {
        count += 1
        const failure = failures.shift()
        if (failure) throw failure
        return new Response('{}')
      },
    })
    const outcome = await fetch('https://sso.corp.example/keys', init).then(
      () => 'answered',
      () => 'failed',
    )
    return [outcome, count]
  }
  expect(await asks([lost()])).toEqual(['answered', 2])
  expect(await asks([lost(), lost()])).toEqual(['failed', 2])
  expect(await asks([lost()], { method: 'POST' })).toEqual(['failed', 1])
  expect(await asks([lost()], { signal: AbortSignal.abort() })).toEqual(['failed', 1])
  const refused = Object.assign(new TypeError('fetch failed'), { cause: { code: 'ECONNREFUSED' } })
  expect(await asks([refused])).toEqual(['failed', 1])
})
