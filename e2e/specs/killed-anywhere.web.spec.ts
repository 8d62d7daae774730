import { once } from 'node:events'
import { readdir } from 'node:fs/promises'
import { setTimeout as pause } from 'node:timers/promises'
import { type Browser, test as base, chromium, expect } from '@playwright/test'
import { chromiumPath } from '../app.ts'
import { type Machine, signInAs, startMachine } from '../journey.ts'
import { createRandom } from '../seeded-random.ts'

type Fixtures = { machine: Machine; browser: Browser }
const test = base.extend<Fixtures>({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads fixture names from this pattern.
  machine: async ({}, use) => {
    // Tokens of two seconds: every start has one to renew, and the SSO rotates what renews them.
    const machine = await startMachine({ company: { lifetimes: { accessToken: 2 } } })
    await use(machine)
    await machine.close()
  },
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads fixture names from this pattern.
  browser: async ({}, use) => {
    const browser = await chromium.launch({ executablePath: chromiumPath, args: ['--no-sandbox'] })
    await use(browser)
    await browser.close()
  },
})

type Status = { auth: { state: string; problem?: { code: string } | null }; vault: { state: string } }
const kills = 50

test('killed fifty times while starting, renewing and signing in: signed in, or asking once', async ({
  machine,
  browser,
}) => {
  test.setTimeout(420_000)
  const seed = Number(process.env.SEED ?? Date.now() % 1_000_000)
  console.log(`SEED=${seed} for the same points again`)
  const random = createRandom(seed)
  const said: string[] = []
  let logins = 0
  let done = 0

  const status = async () => JSON.parse((await machine.causeway('status', '--json')).out) as Status
  async function known(): Promise<Status> {
    let last = await status()
    await expect
      .poll(async () => {
        last = await status()
        return last.auth.state === 'signed-out' ? (last.auth.problem?.code ?? 'signed-out') : last.auth.state
      })
      .not.toMatch(/auth\.opening|signing-in|offline/)
    return last
  }

  /** A click on “Sign in”: exactly one page opens for it, and none without. */
  async function askForPage() {
    const login = machine.start('login')
    for (const stream of [login.stdout, login.stderr]) stream.on('data', (part: Buffer) => said.push(part.toString()))
    login.once('close', (code) => said.push(`(ended with ${code})`))
    const url = await machine
      .loginUrl(logins)
      .catch((error) => Promise.reject(new Error(said.join(''), { cause: error })))
    logins += 1
    return { login, url }
  }

  /** What the person finds when they come back: works, or one sign-in makes it work. */
  async function comeBack() {
    const hub = await machine.startHub()
    let found = await known()
    expect(['signed-in', 'signed-out', 'needs-sign-in']).toContain(found.auth.state)
    if (found.auth.state !== 'signed-in') {
      const { login, url } = await askForPage()
      const ended = once(login, 'close')
      await signInAs(browser, url, 'ana')
      expect(await ended).toEqual([0, null])
      found = await known()
    }
    expect(found).toMatchObject({ auth: { state: 'signed-in' }, vault: { state: 'ready' } })
    expect(await machine.openedUrls()).toHaveLength(logins)
    return hub
  }

  async function killDuringSignIn() {
    const hub = await comeBack()
    expect(await machine.causeway('logout')).toMatchObject({ code: 0 })
    const { login, url } = await askForPage()
    const person = signInAs(browser, url, 'ana').catch(() => {})
    await pause(random() * 900)
    await hub.end('SIGKILL')
    login.kill('SIGKILL')
    await person
  }

  async function killDuringStart() {
    const app = machine.start('agent')
    const ended = once(app, 'close')
    await pause(random() * 1500)
    app.kill('SIGKILL')
    await ended
  }

  while (done < kills) {
    const hub = await comeBack()
    await pause(random() * 1000)
    await hub.end('SIGKILL')
    done += 1
    for (let turn = 0; turn < 7 && done < kills; turn++, done++) await killDuringStart()
    if (done < kills) await killDuringSignIn().then(() => done++)
  }
  const hub = await comeBack()
  expect(await hub.end()).toBe(0)
  const files = await readdir(machine.state, { recursive: true })
  expect(files.filter((name) => /vault\.lost|unreadable/.test(name))).toEqual([])
})
