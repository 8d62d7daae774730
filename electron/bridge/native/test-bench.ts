import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { vi } from 'vitest'
import { writeLaunch } from '../launch-file.ts'
import { createHeard, createPlayedHub, type HubAddress } from './played-hub.ts'
import type { Build } from './test-builds.ts'

const patience = { timeout: 150_000, interval: 20 }
export const waitFor = (condition: () => unknown) =>
  vi.waitFor(() => {
    if (!condition()) throw new Error(`not yet: ${condition}`)
  }, patience)

export type OnTestFinished = (clean: () => Promise<void>) => void
type Options = { args?: string[]; env?: Record<string, string> }

/** A bridge of one of the builds between a client and a hub, both played by the test. */
export async function createBench(build: Build, onTestFinished: OnTestFinished, at?: HubAddress) {
  const home = await mkdtemp(join(tmpdir(), 'cw-'))
  const hub = await createPlayedHub(home, at)
  const killers: (() => void)[] = []
  onTestFinished(async () => {
    for (const kill of killers) kill()
    await hub.stop()
    await rm(home, { recursive: true, force: true, maxRetries: 5 })
  })

  function startBridge({ args = ['echo', '--client', 'vscode'], env = {} }: Options = {}) {
    const child = spawn(build.command, [...build.args, ...args], {
      stdio: 'pipe',
      env: { PATH: process.env.PATH ?? '', HOME: home, CAUSEWAY_HOME: home, ...build.env?.(home), ...env },
    })
    killers.push(() => child.kill('SIGKILL'))
    const heard = createHeard()
    const complaints = createHeard()
    child.stdout.on('data', heard.add)
    child.stderr.on('data', complaints.add)
    child.stdin.on('error', () => {})
    // Not `exit`: what it said last may still be on its way then.
    const ended = once(child, 'close').then(([code, signal]) => ({ code, signal }))
    const type = (...lines: string[]) => child.stdin.write(lines.map((line) => `${line}\n`).join(''))
    /** The client has `text`, and what else was said to it. */
    const hears = async (text: string) => {
      await waitFor(() => heard.text().includes(text))
      await waitFor(() => heard.text().endsWith('\n'))
      return heard.messages()
    }
    return { child, heard, complaints, ended, type, hears }
  }
  const arrives = (text: string) => waitFor(() => hub.heard.text().includes(text))
  return { home, hub, startBridge, arrives }
}

/** An app that is believed to be starting: requests wait longer than a load holds up a test. */
export const writeSlowApp = (home: string) => writeLaunch(home, ['/bin/true'])

export const answerLine = (id: unknown) => `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":{}}`

export const notRunning = (detail = 'start it and try again') => ({
  code: -32050,
  message: `The app is not running: ${detail}`,
  data: { code: 'app.not-running', remedy: 'restart-app' },
})
export const interrupted = {
  code: -32050,
  message: 'The connection was lost before the answer came: the app was restarted; send the request again',
  data: { code: 'bridge.interrupted', remedy: 'retry' },
}
export const failed = (id: unknown, error: object) => ({ jsonrpc: '2.0', id, error })
