import assert from 'node:assert/strict'
import { mkdir } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { after, before, test } from 'node:test'
import { chromium } from '@playwright/test'
import { chromiumPath } from '../app.ts'
import { type Machine, signInAs, startMachine } from '../journey.ts'
import { askCodex, askGemini, askOpencode, type Seen } from './real-clients.ts'

let machine: Machine

before(async () => {
  machine = await startMachine()
  machine.env.PATH = [join(import.meta.dirname, 'node_modules', '.bin'), machine.env.PATH].join(delimiter)
  for (const folder of ['.gemini', '.codex', '.config/opencode'])
    await mkdir(join(machine.home, folder), { recursive: true })
  await machine.startHub()
  const signedIn = machine.causeway('login')
  const browser = await chromium.launch({ executablePath: chromiumPath, args: ['--no-sandbox'] })
  await signInAs(browser, await machine.loginUrl(), 'ana')
  await browser.close()
  assert.equal((await signedIn).code, 0)
})
after(() => machine.close())

type Check = { server: string; state: 'ok' | 'failed'; problem?: { code: string } }

/** What our own check says works; the one server whose key nobody has given cannot. */
async function verify(client: string) {
  const { out } = await machine.causeway('apps', 'verify', client, '--json')
  const [result] = (JSON.parse(out) as { results: { checks: Check[] }[] }).results
  const checks = result?.checks ?? []
  const failed = checks.filter(({ state }) => state === 'failed')
  assert.deepEqual(
    failed.map(({ server, problem }) => [server, problem?.code]),
    [['packages', 'auth.no-api-key']],
  )
  const works = checks.filter(({ state }) => state === 'ok').map(({ server }) => server)
  assert.ok(works.length > 5)
  return works.sort()
}

const clients: Record<string, (machine: Machine) => Promise<Seen>> = {
  'gemini-cli': askGemini,
  opencode: askOpencode,
  codex: askCodex,
}

for (const [client, ask] of Object.entries(clients)) {
  test(`${client} itself says that every server is connected, after one command`, { timeout: 300_000 }, async (t) => {
    const applied = await machine.causeway('apps', 'apply', client, '--json')
    assert.equal(applied.code, 0, applied.out + applied.err)
    const expected = await verify(client)
    const { connected, said } = await ask(machine)
    t.diagnostic(said.trim())
    assert.deepEqual(connected.sort(), expected)
    const { out } = await machine.causeway('apps', '--json')
    const apps = (JSON.parse(out) as { apps: { id: string; proof: { initializeAt: string | null } }[] }).apps
    assert.notEqual(apps.find(({ id }) => id === client)?.proof.initializeAt, null)
    const undone = await machine.causeway('apps', 'undo', client, '--json')
    assert.equal(undone.code, 0)
    assert.deepEqual((await ask(machine)).connected, [])
  })
}
