import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { createClients } from '../../electron/clients/clients.ts'
import { createMemoryLog } from '../../electron/lib/log.ts'
import { createPaths } from '../../electron/lib/paths.ts'
import { brand } from '../../shared/brand.ts'
import { ClientId, ServerId } from '../../shared/ids.ts'

// A real deb, put in and taken out by the real dpkg below a folder of its own. In it the built command line stands for
// the app, whose --give-files-back is the same room (electron/files-only.ts; e2e/specs/shell.spec.ts starts the app's).
const root = join(import.meta.dirname, '../..')
const script = join(import.meta.dirname, 'before-remove.sh')
const canInstall = process.getuid?.() === 0 && existsSync('/usr/bin/dpkg-deb')
const folders: string[] = []
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

const nobody = 65534
const before = '{ "mcpServers": { "mine": { "command": "x" } } }'

/** A machine below a folder: dpkg's own records, an installed package, and people. */
async function install() {
  const top = mkdtempSync(join(tmpdir(), 'causeway-deb-'))
  folders.push(top)
  chmodSync(top, 0o755)
  const [machine, tree] = [join(top, 'machine'), join(top, 'tree')]
  const program = join(tree, 'opt', brand.product)
  mkdirSync(program, { recursive: true })
  cpSync(join(root, 'dist/cli'), join(program, 'cli'), { recursive: true })
  copyFileSync(join(root, 'package.json'), join(program, 'package.json'))
  copyFileSync(process.execPath, join(top, 'node'))
  const app = `#!/bin/sh\n[ "$1" = --give-files-back ] || exit 9\nid -u >> ${top}/who\nexec ${top}/node ${machine}/opt/${brand.product}/cli/causeway.js apps restore --all\n`
  writeFileSync(join(program, brand.slug), app, { mode: 0o755 })
  writeFileSync(join(top, 'who'), '')
  chmodSync(join(top, 'who'), 0o666)
  const control = `Package: ${brand.slug}\nVersion: 1.0\nArchitecture: all\nMaintainer: Test <test@example.com>\nDescription: test\n`
  mkdirSync(join(tree, 'DEBIAN'))
  writeFileSync(join(tree, 'DEBIAN/control'), control)
  copyFileSync(script, join(tree, 'DEBIAN/prerm'))
  chmodSync(join(tree, 'DEBIAN/prerm'), 0o755)
  const bin = join(top, 'bin')
  mkdirSync(bin)
  for (const part of ['info', 'updates', 'triggers'])
    mkdirSync(join(machine, 'var/lib/dpkg', part), { recursive: true })
  writeFileSync(join(machine, 'var/lib/dpkg/status'), '')
  run('dpkg-deb', ['-Znone', '--build', tree, join(top, 'one.deb')])

  /** With these lines as what the system knows of accounts. */
  function knows(accounts: string[]) {
    writeFileSync(join(bin, 'getent'), `#!/bin/sh\ncat <<'E'\n${accounts.join('\n')}\nE\n`, { mode: 0o755 })
  }
  knows([])
  const dpkg = (...args: string[]) =>
    run('dpkg', [`--root=${machine}`, '--force-script-chrootless', '--log=/dev/null', ...args], {
      ...process.env,
      PATH: `${bin}:${process.env.PATH}`,
    })
  dpkg('-i', join(top, 'one.deb'))
  const who = () => readFileSync(join(top, 'who'), 'utf8').trim().split('\n').sort()
  return { machine, dpkg, knows, who, deb: join(top, 'one.deb') }
}

function run(command: string, args: string[], env = process.env) {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8', env })
  if (status !== 0) throw new Error(`${command}: ${error?.message ?? stdout + stderr}`)
  return stdout + stderr
}

/** Somebody who set Cursor up, and whose files are theirs. */
async function person(machine: string, name: string, uid: number) {
  const home = join(machine, 'home', name)
  const file = join(home, '.cursor/mcp.json')
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, before)
  const { log } = createMemoryLog()
  const clients = createClients({
    ...{ home, env: {}, platform: 'linux', version: '1.0.0', log, now: () => new Date() },
    folder: createPaths({ env: { HOME: home }, platform: 'linux' }).clients,
    servers: () => [{ id: ServerId.parse('github'), name: 'GitHub', description: '' }],
    serversChanged: () => () => {},
    entryFor: () => ({ command: '/opt/bridge', args: [], env: {} }),
    processes: async () => [],
    systemRoot: join(machine, 'nothing'),
  })
  await clients.apply({ client: ClientId.parse('cursor') })
  await clients.close()
  run('chown', ['-R', `${uid}:${uid}`, home])
  return { home, file, read: () => readFileSync(file, 'utf8') }
}

test.runIf(canInstall)(
  'taking the package out gives everyone’s files back, listed accounts and others, each as its person',
  async () => {
    const { machine, dpkg, knows, who } = await install()
    const ana = await person(machine, 'ana', nobody)
    const ben = await person(machine, 'ben', 0)
    const cho = await person(machine, join('corp', 'cho'), nobody)
    const idle = join(machine, 'home/idle')
    mkdirSync(idle)
    knows([`nobody:x:${nobody}:${nobody}::${ana.home}:/usr/sbin/nologin`, `other:x:1234:1234::${idle}:/bin/sh`])
    const said = dpkg('-r', brand.slug)
    for (const { read } of [ana, ben, cho]) expect(read()).toBe(before)
    expect(said.match(/as they were/g)).toHaveLength(3)
    expect(existsSync(join(machine, 'opt', brand.product, brand.slug))).toBe(false)
    expect(who()).toEqual(['0', `${nobody}`, `${nobody}`])
  },
  120_000,
)

test.runIf(canInstall)(
  'an update gives nothing back',
  async () => {
    const { machine, dpkg, deb } = await install()
    const ben = await person(machine, 'ben', 0)
    const written = ben.read()
    expect(written).toContain('/opt/bridge')
    dpkg('-i', deb)
    expect(ben.read()).toBe(written)
    // So does rpm: one version is left behind.
    run('sh', [script, '1'], { ...process.env, DPKG_ROOT: machine })
    expect(ben.read()).toBe(written)
    run('sh', [script, '0'], { ...process.env, DPKG_ROOT: machine })
    expect(ben.read()).toBe(before)
  },
  120_000,
)

test.runIf(canInstall)(
  'a file that cannot be given back is told with its person, and keeps nothing from being removed',
  async () => {
    const { machine, dpkg } = await install()
    const ben = await person(machine, 'ben', 0)
    const dan = await person(machine, 'dan', nobody)
    writeFileSync(dan.file, '{ broken')
    chownSync(dan.file, nobody, nobody)
    const said = dpkg('-r', brand.slug)
    expect(said).toMatch(/not every file of an AI client of nobody could be given back/)
    expect(ben.read()).toBe(before)
    expect(dan.read()).toBe('{ broken')
    expect(existsSync(join(machine, 'opt', brand.product, brand.slug))).toBe(false)
  },
  120_000,
)

test('the packages run the script before they go, and it names the program as it is installed', () => {
  const config = readFileSync(join(root, 'electron-builder.yml'), 'utf8')
  for (const kind of ['deb', 'rpm'])
    expect(config).toMatch(new RegExp(`^${kind}:\\n +fpm: \\[--before-remove=build/linux/before-remove.sh\\]`, 'm'))
  expect(readFileSync(script, 'utf8')).toContain(`/opt/${brand.product}/${brand.slug}"`)
  expect(readFileSync(script, 'utf8')).toContain(`.local/share/${brand.slug}/clients/ledger.json`)
})
