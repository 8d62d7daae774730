import { once } from 'node:events'
import { expect, web as test } from '../app.ts'

test('the printed address opens the window once; the session lasts, the token does not', async ({ agent, chrome }) => {
  const breaches: string[] = []
  const context = await chrome.newContext()
  const page = await context.newPage()
  page.on('console', (message) => {
    if (message.type() === 'error') breaches.push(message.text())
  })
  await page.goto(agent.address)
  await expect(page.locator('#root > *').first()).toBeAttached()
  await expect.poll(() => page.url()).not.toContain('token')
  await page.reload()
  const mode = await page.evaluate(async () => {
    const response = await fetch('/call/app.snapshot', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '',
    })
    return (await response.json()).value.mode
  })
  expect(mode).toBe('headless')
  expect(breaches).toEqual([])

  const thief = await chrome.newContext()
  const used = await thief.newPage()
  await used.goto(agent.address)
  const status = () =>
    used.evaluate(async () => {
      const headers = { 'content-type': 'application/json' }
      return (await fetch('/call/app.snapshot', { method: 'POST', headers, body: '' })).status
    })
  await expect.poll(status).toBe(401)
})

test('a page of another site reaches nothing, even in the browser that holds the session', async ({
  agent,
  chrome,
}) => {
  const context = await chrome.newContext()
  const own = await context.newPage()
  await own.goto(agent.address)
  await expect.poll(() => own.url()).not.toContain('token')
  const { origin, port } = new URL(agent.address)
  // The same machine under a name of someone else’s: what DNS rebinding comes to.
  const foreign = await context.newPage()
  const answer = await foreign.goto(`http://rebound.localhost:${port}/`)
  expect(answer?.status()).toBe(403)
  const outcome = await foreign.evaluate(async (origin) => {
    const tryIt = (url: string, mode: RequestMode) =>
      fetch(url, { method: 'POST', mode, credentials: 'include', body: '{}' }).then(
        (response) => response.status,
        () => 'blocked',
      )
    return [
      await tryIt('/call/app.quit', 'cors'),
      await tryIt(`${origin}/call/app.quit`, 'cors'),
      await tryIt(`${origin}/call/app.quit`, 'no-cors'),
    ]
  }, origin)
  expect(outcome).toEqual([403, 'blocked', 0])
  await own.reload()
  await expect(own.locator('#root > *').first()).toBeAttached()
})

test('a signal ends the app and its port, and says goodbye to the window', async ({ agent, chrome }) => {
  const page = await chrome.newPage()
  await page.goto(agent.address)
  await expect(page.locator('#root > *').first()).toBeAttached()
  const ended = once(agent.child, 'exit')
  agent.child.kill('SIGINT')
  expect(await ended).toEqual([0, null])
  const answer = await fetch(agent.address).catch(() => 'refused')
  expect(answer).toBe('refused')
})
