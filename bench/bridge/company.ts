import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { createApp } from '../../e2e/company/app.ts'
import { companyDocument } from '../../e2e/company/documents.ts'
import { createPart } from '../../e2e/company/part.ts'
import { companyAudience, createPeople } from '../../e2e/company/people.ts'
import { createBrowser, signIn } from '../../e2e/company/sign-in.ts'
import { createSso } from '../../e2e/company/sso/sso.ts'
import { createEnv } from '../lib/clean-env.ts'
import { startReferenceServer, type Transport } from '../reference/reference-server.ts'
import { ourBridges } from './bridges.ts'

export const transports: Transport[] = ['http', 'json', 'sse', 'split']

/**
 * What our bridges are measured in: a company with the demo's SSO and the reference servers in its catalog, and the
 * real app without a desktop, joined and signed in. Sign-in, policy and the activity log are all at work.
 */
export async function startCompanyWithHub() {
  const folder = await mkdtemp(join(tmpdir(), 'causeway-bench-'))
  const [website, ssoPart] = [await createPart('website'), await createPart('sso')]
  const lifetimes = { accessToken: 24 * 3600, idToken: 24 * 3600 }
  const sso = await createSso({ part: ssoPart, people: createPeople(), resources: [companyAudience], lifetimes })
  const { issuer } = sso
  const server = await startReferenceServer({ issuer })
  const app = createApp(() => ({ status: 'ok' }))
  app.get('/.well-known/causeway.json', (_, res) => void res.json(companyDocument({ address: website.origin, issuer })))
  app.get('/catalog.json', (_, res) => {
    const servers = transports.map((transport) => {
      const groups = ['engineering']
      return {
        id: `reference-${transport}`,
        name: transport,
        endpoint: server.endpoint(transport),
        auth: { kind: 'sso' },
        groups,
      }
    })
    res.json({ version: 1, servers })
  })
  website.serve(app)

  const home = join(folder, 'home')
  await mkdir(home)
  const opened = join(folder, 'opened.txt')
  const browser = join(folder, 'browser.sh')
  await writeFile(browser, `#!/bin/sh\nprintf '%s\\n' "$1" >> '${opened}'\n`, { mode: 0o755 })
  const env: Record<string, string> = { ...createEnv(home), CAUSEWAY_COMPANY: website.origin, BROWSER: browser }
  let hub = await startHub(env)
  await signInHub(env, opened)

  return {
    server,
    env,
    hubPid: () => hub.pid as number,
    /** A token of the same SSO for the bridges that are given one on their command line. */
    token: (await signIn({ issuer }, 'ana')).access_token,
    /** A hub that has carried nothing yet, signed in again. */
    async renewHub() {
      await end(hub)
      await rm(opened, { force: true })
      hub = await startHub(env)
      await signInHub(env, opened)
    },
    async close() {
      await end(hub)
      await server.kill()
      await Promise.all([website.close(), ssoPart.close()])
      await rm(folder, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}
export type CompanyWithHub = Awaited<ReturnType<typeof startCompanyWithHub>>

async function startHub(env: Record<string, string>) {
  const hub = spawn(process.execPath, [ourBridges.cli, 'agent'], { env, stdio: ['ignore', 'pipe', 'inherit'] })
  await Promise.race([
    once(hub.stdout, 'data'),
    once(hub, 'exit').then(([code]) => Promise.reject(new Error(`causeway agent ended with ${code}`))),
  ])
  return hub
}
async function end(child: ChildProcess) {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill('SIGTERM')
  await once(child, 'exit')
}

/** `causeway login`, and what the person does in the browser meanwhile. */
async function signInHub(env: Record<string, string>, opened: string) {
  const login = spawn(process.execPath, [ourBridges.cli, 'login'], { env, stdio: ['ignore', 'ignore', 'inherit'] })
  const ended = once(login, 'exit') as Promise<[number]>
  let url = ''
  while (url === '') {
    await pause(20)
    url = (await readFile(opened, 'utf8').catch(() => '')).trim()
    if (login.exitCode !== null) throw new Error(`causeway login ended with ${login.exitCode}`)
  }
  const person = createBrowser()
  await person.submit(await person.open(url), { person: 'ana', password: '', do: 'sign-in' })
  const [code] = await ended
  if (code !== 0) throw new Error(`causeway login ended with ${code}`)
}
