import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Browser, test as base, chromium, expect } from '@playwright/test'
import { chromiumPath } from '../app.ts'
import { connectAs, type Machine, signInAs, startMachine } from '../journey.ts'

type Fixtures = { machine: Machine; browser: Browser }
const test = base.extend<Fixtures>({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads fixture names from this pattern.
  machine: async ({}, use) => {
    const machine = await startMachine({ company: { partner: true } })
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

const root = join(import.meta.dirname, '../..')
const cli = join(root, 'dist/cli/causeway.js')
const canary = (name: string) => `canary-${name}-${randomBytes(12).toString('hex')}`

/** Every way in which a careless line would write it. */
const formsOf = (secret: string) => [
  secret,
  Buffer.from(secret).toString('base64').replace(/=+$/, ''),
  Buffer.from(secret).toString('hex'),
  encodeURIComponent(secret),
]

async function filesUnder(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
}

test('case 56: a secret in any input is in no file, no log, no output, no diagnostics and no bundle', async ({
  machine,
  browser,
}) => {
  test.setTimeout(240_000)
  const planted = {
    key: canary('key'),
    argument: canary('argument'),
    wrong: canary('wrong'),
    password: canary('password'),
  }
  machine.company.servers.packages.replaceKeys({ user: planted.key })
  const said: string[] = []
  const hub = machine.start('agent')
  for (const stream of [hub.stdout, hub.stderr]) stream.on('data', (part: Buffer) => said.push(part.toString()))
  await expect.poll(() => said.join('')).toContain('runs')

  /** A command with something on its stdin. */
  async function pipe(args: string[], input: string) {
    const child = spawn(process.execPath, [cli, ...args], { env: machine.env, cwd: machine.folder })
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (part: Buffer) => said.push(part.toString()))
    child.stdin.end(`${input}\n`)
    return (await once(child, 'close'))[0] as number
  }
  async function command(...args: string[]) {
    const { code, out, err } = await machine.causeway(...args)
    said.push(out, err)
    return { code, out }
  }
  let pages = 0
  async function signIn(args: string[], person: string) {
    const child = machine.start(...args)
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (part: Buffer) => said.push(part.toString()))
    const ended = once(child, 'close')
    await signInAs(browser, await machine.loginUrl(pages++), person)
    expect(await ended).toEqual([0, null])
  }

  await signIn(['login'], 'ana')
  expect(await pipe(['connections', 'set-key', 'packages'], planted.wrong)).toBe(0)
  await command('tools', 'packages')
  expect(await pipe(['connections', 'set-key', 'packages'], planted.key)).toBe(0)
  const issuer = machine.company.partner?.sso.issuer ?? ''
  await command('tools', 'wiki')
  await signIn(['connections', 'connect', 'wiki', '--yes', issuer], 'ana')
  await command('apps', 'apply', 'cursor')
  const file = join(machine.home, '.cursor/mcp.json')
  for (const [server, tool] of [
    ['github', 'search_issues'],
    ['wiki', 'search_pages'],
    ['tides', 'get_tides'],
  ] as const) {
    const client = await connectAs({ file, server, home: machine.home })
    const name = tool === 'get_tides' ? 'harbour' : 'query'
    await client.callTool({ name: tool, arguments: { [name]: planted.argument } })
    await client.close()
  }
  const packages = await connectAs({ file, server: 'packages', home: machine.home })
  expect((await packages.listTools()).tools.length).toBeGreaterThan(0)
  await packages.close()
  machine.company.sso.refuse('unavailable-503')
  await command('connections', 'renew')
  await command('login', planted.password)
  for (const words of [
    ['doctor'],
    ['status', '--json'],
    ['connections', '--json'],
    ['activity', '--json'],
    ['servers', '--json'],
  ])
    await command(...words)

  const tokens = [machine.company.sso, machine.company.partner?.sso].flatMap((sso) => sso?.secrets() ?? [])
  expect(tokens.length).toBeGreaterThan(3)
  // An end without warning: what the process leaves behind is searched as it lies.
  hub.kill('SIGKILL')
  await once(hub, 'exit')

  const secrets = [planted.key, planted.wrong, planted.argument, ...tokens]
  const forms = secrets.flatMap(formsOf)
  const find = (text: string) => [
    ...forms.filter((form) => text.includes(form)),
    ...(text.match(/eyJ[\w-]{20,}\.eyJ[\w-]{20,}\./g) ?? []),
  ]
  expect(find(said.join(''))).toEqual([])
  // `opened.txt` is the browser of this machine: what is in it was sent to it.
  const own = (await filesUnder(machine.folder)).filter((path) => !path.endsWith('opened.txt'))
  expect(own.some((path) => path.endsWith('vault.bin'))).toBe(true)
  expect(own.some((path) => path.endsWith('.log'))).toBe(true)
  for (const path of [...own, ...(await filesUnder(join(root, 'dist')))])
    expect(find((await readFile(path)).toString('latin1')), path).toEqual([])
})
