import { chmod, chown, lstat, mkdir, mkdtemp, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createMemoryLog } from '../lib/log.ts'
import type { Hello } from './accept.ts'
import { dial } from './end/dial.ts'
import { findHub } from './end/find-hub.ts'
import { createNonce, greeting, prove } from './end/proof.ts'
import { createHubSocket } from './hub-socket.ts'

const hello = { server: 'echo', client: 'vscode', pid: 1, version: '1', resumed: false }
vi.setConfig({ testTimeout: 30_000 })
let home = ''
let closers: (() => unknown)[] = []
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'hub-'))
})
afterEach(async () => {
  for (const close of closers.reverse()) await close()
  closers = []
  await rm(home, { recursive: true, force: true })
})

function createHub(options: { silenceMs?: number; runFolder?: string; runtimeFolder?: string } = {}) {
  const { log, lines } = createMemoryLog()
  const peers: { hello: Hello; socket: Socket; rest: string }[] = []
  const runFolder = options.runFolder ?? join(home, 'run')
  const hub = createHubSocket({
    runFolder,
    runtimeFolder: options.runtimeFolder,
    onPeer: (socket, said, rest) => void peers.push({ hello: said, socket, rest: rest.toString() }),
    ...(options.silenceMs === undefined ? {} : { silenceMs: options.silenceMs }),
    log,
  })
  closers.push(hub.close)
  return { hub, peers, lines, runFolder }
}
const found = (runFolder: string) => {
  const hub = findHub(runFolder)
  if (!hub) throw new Error('the hub did not publish itself')
  return hub
}
/** Connects by hand: what is said, and a promise of everything heard until the hub hangs up. */
function call(address: string) {
  const socket = connect(address)
  let heard = ''
  const closed = new Promise<string>((resolve) => {
    socket.on('data', (chunk) => {
      heard += chunk
    })
    socket.on('error', () => {})
    socket.on('close', () => resolve(heard))
  })
  closers.push(() => socket.destroy())
  return { socket, closed, heard: () => heard }
}

test('both ends prove themselves and the hello arrives, with what came behind it', async () => {
  const { hub, peers, runFolder } = createHub()
  const address = await hub.listen()
  expect((await lstat(address)).mode & 0o777).toBe(0o600)
  expect((await lstat(runFolder)).mode & 0o777).toBe(0o700)
  expect((await lstat(join(runFolder, 'hub.key'))).mode & 0o777).toBe(0o600)
  expect((await readFile(join(runFolder, 'hub.address'), 'utf8')).trim()).toBe(address)

  const dialled = await dial(found(runFolder), 'bridge', hello)
  if (dialled.state !== 'open') throw new Error(dialled.state)
  closers.push(() => dialled.socket.destroy())
  expect(peers.map((peer) => peer.hello)).toEqual([{ role: 'bridge', ...hello }])
  const control = await dial(found(runFolder), 'control', { pid: 2, version: '1' })
  expect(control.state).toBe('open')
  if (control.state === 'open') closers.push(() => control.socket.destroy())
})

test('case 63: a fake hub that does not know the key is found out before anything is said to it', async () => {
  const heard: string[] = []
  const fake = createServer((socket) => {
    socket.on('error', () => {})
    socket.on('data', (chunk) => {
      heard.push(String(chunk))
      socket.write(`causeway 1 ${createNonce()} ${'0'.repeat(64)}\n`)
    })
  }).listen(join(home, 'fake.sock'))
  closers.push(() => fake.close())
  const outcome = await dial({ address: join(home, 'fake.sock'), key: Buffer.alloc(32, 1) }, 'bridge', hello)
  expect(outcome.state).toBe('unproven')
  expect(heard.length).toBe(1)
  expect(heard[0]).toMatch(/^causeway 1 bridge [0-9a-f]{64}\n$/)
})

test('a fake hub that passes on the real one’s proof is found out: the proof names the address', async () => {
  const { hub, runFolder, peers } = createHub()
  const real = await hub.listen()
  const fake = createServer((socket) => {
    const behind = connect(real)
    socket.on('error', () => {}).pipe(behind)
    behind.on('error', () => {}).pipe(socket)
  }).listen(join(home, 'fake.sock'))
  closers.push(() => fake.close())
  const outcome = await dial({ ...found(runFolder), address: join(home, 'fake.sock') }, 'bridge', hello)
  expect(outcome.state).toBe('unproven')
  expect(peers).toEqual([])
})

test('a hub of another version is told apart from no hub', async () => {
  const newer = createServer((socket) => {
    socket.on('error', () => {}).end('causeway 2\n')
  }).listen(join(home, 'newer.sock'))
  closers.push(() => newer.close())
  expect(await dial({ address: join(home, 'newer.sock'), key: Buffer.alloc(32) }, 'bridge', hello)).toEqual({
    state: 'other-version',
  })
  expect(await dial({ address: join(home, 'none.sock'), key: Buffer.alloc(32) }, 'bridge', hello)).toEqual({
    state: 'away',
  })

  const { hub } = createHub()
  const { socket, closed } = call(await hub.listen())
  socket.write(greeting('bridge', createNonce()).replace(' 1 ', ' 9 '))
  expect(await closed).toBe('causeway 1\n')
})

test('a hello the hub does not understand is answered with a problem, not with silence', async () => {
  const { hub, runFolder, peers } = createHub()
  await hub.listen()
  const outcome = await dial(found(runFolder), 'bridge', { ...hello, server: 'NOT A NAME' })
  expect(outcome).toMatchObject({ state: 'refused', errorText: expect.stringContaining('bridge.version-mismatch') })
  expect(peers).toEqual([])
})

test.each([
  ['not the protocol', 'GET / HTTP/1.1\r\n\r\n'],
  ['an unknown role', `causeway 1 root ${createNonce()}\n`],
  ['a nonce that is none', 'causeway 1 bridge short\n'],
  ['more than a greeting', `causeway 1 bridge ${createNonce()}\nmore\n`],
  ['a greeting without end', 'x'.repeat(10_000)],
])('case 63: %s is hung up on', async (_, said) => {
  const { hub, peers, lines } = createHub()
  const { socket, closed } = call(await hub.listen())
  socket.write(said)
  await closed
  expect(peers).toEqual([])
  expect(lines.join()).toContain('connection.refused')
})

test('case 63: a wrong proof and a replayed handshake are refused without a word', async () => {
  const { hub, runFolder, peers, lines } = createHub()
  const address = await hub.listen()
  const { key } = found(runFolder)
  const peerNonce = createNonce()

  async function attempt(toProof: (hubNonce: string) => string) {
    const { socket, closed, heard } = call(address)
    socket.write(greeting('bridge', peerNonce))
    await vi.waitFor(() => expect(heard()).toContain('\n'), { timeout: 20_000 })
    const hubNonce = heard().split(' ')[2] as string
    socket.write(`${toProof(hubNonce)} ${JSON.stringify(hello)}\n`)
    return { closed, hubNonce }
  }
  const wrong = await attempt((hubNonce) =>
    prove(Buffer.alloc(32), 'peer', { role: 'bridge', address, peerNonce, hubNonce }),
  )
  expect((await wrong.closed).split('\n')).toHaveLength(2)
  // What was once right, said again to a hub that has chosen another nonce.
  const replayed = await attempt(() =>
    prove(key, 'peer', { role: 'bridge', address, peerNonce, hubNonce: wrong.hubNonce }),
  )
  await replayed.closed
  // The hub's own proof sent back to it.
  const reflected = await attempt((hubNonce) => prove(key, 'hub', { role: 'bridge', address, peerNonce, hubNonce }))
  await reflected.closed
  // A control connection is not had with a bridge's proof.
  const promoted = await attempt((hubNonce) => prove(key, 'peer', { role: 'control', address, peerNonce, hubNonce }))
  await promoted.closed
  expect(peers).toEqual([])
  expect(lines.join()).toContain('wrong-proof')
})

test('case 63: who connects and says nothing is hung up on, and a flood of them is bounded and logged once', async () => {
  const { hub, lines, runFolder } = createHub({ silenceMs: 300 })
  const address = await hub.listen()
  const silent = Array.from({ length: 200 }, () => call(address))
  const heard = await Promise.all(silent.map(({ closed }) => closed))
  expect(heard.every((text) => text === '')).toBe(true)
  expect(lines.filter((line) => line.includes('connection.refused'))).toHaveLength(1)
  await vi.waitFor(async () => {
    const dialled = await dial(found(runFolder), 'bridge', hello)
    if (dialled.state === 'open') dialled.socket.destroy()
    expect(dialled.state).toBe('open')
  }, 20_000)
})

test('case 63: of ten thousand who prove nothing 64 are borne at once, the rest is hung up on at once', async () => {
  const { hub, lines } = createHub({ silenceMs: 120_000 })
  const address = await hub.listen()
  const borne = Array.from({ length: 64 }, () => call(address))
  for (let more = 0; more < 10_000; more += 200)
    expect(await Promise.all(Array.from({ length: 200 }, () => call(address).closed))).toEqual(Array(200).fill(''))
  expect(borne.map(({ socket }) => socket.destroyed)).toEqual(Array(64).fill(false))
  expect(lines.filter((line) => line.includes('too-many')).length).toBeLessThan(10)
})

test('case 36: the socket a killed hub left behind is taken over, a running one is not', async () => {
  const first = createHub()
  const address = await first.hub.listen()
  const before = found(first.runFolder)
  await expect(createHub().hub.listen()).rejects.toMatchObject({ code: 'app.already-running' })
  expect(found(first.runFolder).key.equals(before.key)).toBe(true)
  expect((await dial(before, 'control', { pid: 1, version: '1' })).state).toBe('open')
  await first.hub.close()
  expect(findHub(first.runFolder)).toBeNull()

  // What SIGKILL leaves: a name in the folder with nobody behind it.
  const left = createServer().listen(`${address}.tmp`)
  await new Promise((resolve) => left.once('listening', resolve))
  await rename(`${address}.tmp`, address)
  await new Promise((resolve) => left.close(resolve))
  expect((await lstat(address)).isSocket()).toBe(true)
  const second = createHub()
  await second.hub.listen()
  expect(found(second.runFolder).key.equals(before.key)).toBe(false)
})

test('of many that start at once one wins', async () => {
  const hubs = Array.from({ length: 5 }, () => createHub())
  const outcomes = await Promise.allSettled(hubs.map(({ hub }) => hub.listen()))
  expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  for (const outcome of outcomes)
    if (outcome.status === 'rejected') expect(outcome.reason.code).toBe('app.already-running')
})

test.each<[string, (run: string) => Promise<unknown>]>([
  ['a link to a folder elsewhere', (run) => mkdir(`${run}-other`).then(() => symlink(`${run}-other`, run))],
  ['a file', (run) => writeFile(run, '')],
  ['open to the group', (run) => mkdir(run).then(() => chmod(run, 0o770))],
  ['open to everyone', (run) => mkdir(run).then(() => chmod(run, 0o777))],
])('a run folder that is %s is refused and left alone', async (_, make) => {
  const { hub, runFolder } = createHub()
  await make(runFolder)
  await expect(hub.listen()).rejects.toMatchObject({ code: 'bridge.folder-unsafe' })
})

test.runIf(process.getuid?.() === 0)(
  'edge 42, a run folder, a socket or a key of someone else is refused',
  async () => {
    const folder = createHub()
    await mkdir(folder.runFolder, { mode: 0o700 })
    await chown(folder.runFolder, 12345, 12345)
    await expect(folder.hub.listen()).rejects.toMatchObject({ code: 'bridge.folder-unsafe' })

    const socket = createHub({ runFolder: join(home, 'other') })
    await mkdir(socket.runFolder, { mode: 0o700 })
    const planted = createServer().listen(join(socket.runFolder, 'hub.sock'))
    closers.push(() => planted.close())
    await new Promise((resolve) => planted.once('listening', resolve))
    await chown(join(socket.runFolder, 'hub.sock'), 12345, 12345)
    await expect(socket.hub.listen()).rejects.toMatchObject({ code: 'bridge.folder-unsafe' })

    const good = createHub({ runFolder: join(home, 'good') })
    await good.hub.listen()
    await chown(join(good.runFolder, 'hub.key'), 12345, 12345)
    expect(findHub(good.runFolder)).toBeNull()
  },
)

test('edge 42, case 36: in place of the socket a file, a folder or a link is refused and not removed', async () => {
  for (const make of [
    (at: string) => writeFile(at, 'x'),
    (at: string) => mkdir(at),
    (at: string) => symlink('/dev/null', at),
  ]) {
    const { hub, runFolder } = createHub({ runFolder: await mkdtemp(join(home, 'r')) })
    await make(join(runFolder, 'hub.sock'))
    await expect(hub.listen()).rejects.toMatchObject({ code: 'bridge.folder-unsafe' })
    expect(await lstat(join(runFolder, 'hub.sock'))).toBeTruthy()
  }
})

test('published files that others could have written are not believed', async () => {
  const { hub, runFolder } = createHub()
  await hub.listen()
  await chmod(join(runFolder, 'hub.key'), 0o644)
  expect(findHub(runFolder)).toBeNull()
  await chmod(join(runFolder, 'hub.key'), 0o600)
  expect(findHub(runFolder)).not.toBeNull()
  await rm(join(runFolder, 'hub.address'))
  await symlink(join(runFolder, 'hub.key'), join(runFolder, 'hub.address'))
  expect(findHub(runFolder)).toBeNull()
})

test('a run folder whose path is too long for a socket gets a short one, ours alone', async () => {
  const runFolder = join(home, 'x'.repeat(60), 'y'.repeat(60), 'run')
  const { hub } = createHub({ runFolder, runtimeFolder: home })
  const address = await hub.listen()
  expect(Buffer.byteLength(address)).toBeLessThanOrEqual(103)
  expect(address).toMatch(/causeway-[0-9a-f]{12}\/hub\.sock$/)
  expect((await lstat(join(address, '..'))).mode & 0o777).toBe(0o700)
  const dialled = await dial(found(runFolder), 'bridge', hello)
  expect(dialled.state).toBe('open')
  if (dialled.state === 'open') dialled.socket.destroy()
})
