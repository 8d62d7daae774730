import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js'
import { type Browser, expect, type Page } from '@playwright/test'
import { startKeyring } from '../electron/vault/fixtures/keyring.ts'
import { type CompanyOptions, startCompany } from './company/company.ts'

const root = join(import.meta.dirname, '..')
const causeway = join(root, 'dist/cli/causeway.js')

/**
 * A person's machine in a temp folder: a home with some AI clients in it, a real keyring, the demo company, and a
 * `BROWSER` that writes down the address it was asked to open. Nothing outside the folder is touched.
 */
export async function startMachine({ keychain = true, company: options = {} as CompanyOptions } = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'causeway-journey-'))
  const home = join(folder, 'home')
  const state = join(folder, 'state')
  for (const path of ['.cursor', '.claude', '.config/Code/User', '.config/Claude'])
    await mkdir(join(home, path), { recursive: true })
  const keyring = keychain ? await startKeyring({ home }) : null
  const company = await startCompany(options)
  const opened = join(folder, 'opened.txt')
  const browser = join(folder, 'browser.sh')
  await writeFile(browser, `#!/bin/sh\nprintf '%s\\n' "$1" >> '${opened}'\n`, { mode: 0o755 })
  const env: Record<string, string> = {
    PATH: process.env.PATH ?? '',
    ...(keyring?.env ?? { HOME: home }),
    CAUSEWAY_HOME: state,
    CAUSEWAY_COMPANY: company.address,
    BROWSER: browser,
  }
  const running = new Set<ChildProcess>()

  const run = (args: string[]) => {
    const child = spawn(process.execPath, [causeway, ...args], { env, cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] })
    running.add(child)
    child.once('close', () => running.delete(child))
    return child
  }

  return {
    folder,
    home,
    state,
    env,
    company,
    /** The core under plain Node with its window; `address` holds the one-time token. */
    async startHub() {
      const child = run(['agent', '--ui', '--no-open'])
      const log: string[] = []
      child.stderr.on('data', (part: Buffer) => log.push(part.toString()))
      const address = await new Promise<string>((resolve, reject) => {
        createInterface({ input: child.stdout }).on('line', (line) => {
          const found = /http:\/\/127\.0\.0\.1:\d+\/#token=\S+/.exec(line)
          if (found) resolve(found[0])
        })
        child.once('close', (code) => reject(new Error(`the hub ended with ${code}: ${log.join('')}`)))
      })
      return {
        address,
        pid: child.pid,
        async end(signal: NodeJS.Signals = 'SIGTERM') {
          child.kill(signal)
          await once(child, 'close')
          return child.exitCode
        },
      }
    },
    /** One command of the command line, left running. */
    start: (...args: string[]) => run(args),
    /** Every address the app has asked the browser to open, in order. */
    openedUrls: async () => (await readFile(opened, 'utf8').catch(() => '')).trim().split('\n').filter(Boolean),
    /** One command of the command line, to its end. */
    async causeway(...args: string[]) {
      const child = run(args)
      const [out, err]: string[][] = [[], []]
      child.stdout.on('data', (part: Buffer) => out?.push(part.toString()))
      child.stderr.on('data', (part: Buffer) => err?.push(part.toString()))
      const [code] = (await once(child, 'close')) as [number]
      return { code, out: out?.join('') ?? '', err: err?.join('') ?? '' }
    },
    /** The login page's address the app has asked the browser to open, the newest. */
    async loginUrl(nth = 0): Promise<string> {
      const read = async () => (await readFile(opened, 'utf8').catch(() => '')).trim().split('\n').filter(Boolean)
      await expect.poll(async () => (await read()).length, { timeout: 90_000 }).toBeGreaterThan(nth)
      return (await read()).at(-1) ?? ''
    },
    async close() {
      for (const child of running) child.kill('SIGKILL')
      await Promise.all(
        [...running].map((child) =>
          child.exitCode === null && child.signalCode === null ? once(child, 'close') : null,
        ),
      )
      await company.close()
      await keyring?.close()
      await rm(folder, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}
export type Machine = Awaited<ReturnType<typeof startMachine>>

/** What the person does in their browser: picks who they are, signs in, and reads that they may close the page. */
export async function signInAs(browser: Browser, url: string, user: string) {
  const context = await browser.newContext()
  const page = await context.newPage()
  await page.goto(url)
  await page.getByLabel(new RegExp(user, 'i')).first().check()
  await page.getByRole('button', { name: /sign in|continue/i }).click()
  await page.waitForURL(/127\.0\.0\.1:\d+\/done/)
  await context.close()
}

/** Signs in from the window, as the person does. */
export async function signIn({
  machine,
  browser,
  page,
  user = 'ana',
}: {
  machine: Machine
  browser: Browser
  page: Page
  user?: string
}) {
  await page
    .getByRole('button', { name: /^Sign in/ })
    .first()
    .click()
  await signInAs(browser, await machine.loginUrl(), user)
}

type Entry = { command: string; args: string[]; env?: Record<string, string> }

/** The official client, started as an AI client does: by the command found in its config file, with little else. */
export async function connectAs({
  file,
  key = 'mcpServers',
  server,
  home,
}: {
  file: string
  key?: string
  server: string
  home: string
}) {
  const config = JSON.parse(await readFile(file, 'utf8')) as Record<string, Record<string, Entry>>
  const entry = config[key]?.[server]
  if (!entry) throw new Error(`${file} has no entry ${server}`)
  const transport = new StdioClientTransport({
    command: entry.command,
    args: entry.args,
    env: { HOME: home, PATH: '/usr/bin:/bin', ...entry.env },
    stderr: 'pipe',
  })
  const client = new Client({ name: 'cursor-vscode', version: '1.0.0' })
  await client.connect(transport)
  return client
}
