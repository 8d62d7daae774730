import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ourBridges } from '../bridge/bridges.ts'
import { createEnv } from '../lib/clean-env.ts'

export type Connection = { id: string; state: string; asks?: { issuer: string } | null }

/** A machine with the real app on it and a person who signs in wherever the app says that it waits for them. */
export async function startPerson() {
  const home = await mkdtemp(join(tmpdir(), 'causeway-conformance-'))
  const browser = join(home, 'browser.sh')
  const script = join(import.meta.dirname, 'fake-browser.ts')
  await writeFile(browser, `#!/bin/sh\nexec '${process.execPath}' '${script}' "$@"\n`, { mode: 0o755 })
  const env: Record<string, string> = { ...createEnv(home), BROWSER: browser, CAUSEWAY_TRUST_LOCALHOST: '1' }
  let agent: ChildProcess | null = null

  async function startApp() {
    const started = spawn(process.execPath, [ourBridges.cli, 'agent'], { env, stdio: ['ignore', 'pipe', 'inherit'] })
    agent = started
    await Promise.race([
      once(started.stdout, 'data'),
      once(started, 'exit').then(([code]) => Promise.reject(new Error(`causeway agent ended with ${code}`))),
    ])
  }
  async function causeway(...args: string[]) {
    const child = spawn(process.execPath, [ourBridges.cli, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] })
    let out = ''
    child.stdout.on('data', (part: Buffer) => {
      out += part.toString()
    })
    child.stderr.on('data', (part: Buffer) => process.stderr.write(part))
    await once(child, 'close')
    return out
  }
  return {
    env,
    startApp,
    causeway,
    /** Clicks “sign in” on every connection that waits, and agrees to the sign-in the server names. */
    async signInWhereAsked() {
      const { connections } = JSON.parse(await causeway('connections', 'list', '--json')) as {
        connections: Connection[]
      }
      for (const { id, state } of connections.filter((each) => each.id !== '@sso' && each.state !== 'ok')) {
        process.stderr.write(`[person] ${id} is ${state}\n`)
        const said = await causeway('connections', 'connect', id, '--json')
        process.stderr.write(`[person] ${said}\n`)
        const answer = JSON.parse(said) as Connection
        const issuer = answer.asks?.issuer
        if (issuer) await causeway('connections', 'connect', id, '--yes', issuer, '--json')
      }
    },
    async close() {
      agent?.kill('SIGTERM')
      if (agent && agent.exitCode === null) await once(agent, 'exit')
      await rm(home, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}
export type Person = Awaited<ReturnType<typeof startPerson>>
