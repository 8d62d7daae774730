import { spawnSync } from 'node:child_process'
import { chmod, mkdir, rm, symlink, writeFile } from 'node:fs/promises'
import type { Socket } from 'node:net'
import { join } from 'node:path'
import { afterAll, describe, test, vi } from 'vitest'
import { createNonce, prove } from '../end/proof.ts'
import { callLine } from '../testing/session-bench.ts'
import { createBench, failed, notRunning } from './test-bench.ts'
import { createBuilds, nodeBuild } from './test-builds.ts'

// Whoever is not the hub, or could not be, hears nothing of the client; the client hears what is wrong.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000, maxConcurrency: 12 })
const builds = await createBuilds()
afterAll(builds.close)
const all = [nodeBuild, await builds.release(), await builds.sanitized()]

type Files = { home: string; key: string; address: string }
const spoiled: [string, (files: Files) => Promise<unknown>][] = [
  ['a key that others may read', ({ key }) => chmod(key, 0o644)],
  ['an address that others may write', ({ address }) => chmod(address, 0o620)],
  [
    'a key behind a link',
    async ({ home, key }) => {
      await rm(key)
      await writeFile(join(home, 'key'), Buffer.alloc(32), { mode: 0o600 })
      await symlink(join(home, 'key'), key)
    },
  ],
  ['a key of another length', ({ key }) => writeFile(key, Buffer.alloc(33))],
  ['a folder for a key', ({ key }) => rm(key).then(() => mkdir(key, { mode: 0o700 }))],
  [
    'a pipe for an address',
    async ({ address }) => {
      await rm(address)
      spawnSync('mkfifo', ['-m', '600', address])
    },
  ],
  ['an empty address', ({ address }) => writeFile(address, '\n')],
  ['an address that no socket can have', ({ address }) => writeFile(address, `/${'x'.repeat(200)}\n`)],
  ['no key', ({ key }) => rm(key)],
]

type Proof = { side?: 'hub' | 'peer'; address?: string; key?: Buffer; answer?: string | null }
/** The hub's half of the handshake, with whatever is wrong about it. */
function speak(socket: Socket, proper: { key: Buffer; address: string }, wrong: Proof) {
  const { side = 'hub', answer = 'ok', ...others } = wrong
  const { key, address } = { ...proper, ...others }
  let said = ''
  let isGreeted = false
  socket.on('data', (chunk) => {
    said += chunk
    const lines = said.split('\n')
    const peerNonce = lines[0]?.split(' ')[3] ?? ''
    if (!isGreeted && lines.length > 1) {
      isGreeted = true
      const hubNonce = createNonce()
      const proof = prove(key, side, { role: 'bridge', address, peerNonce, hubNonce })
      socket.write(`causeway 1 ${hubNonce} ${proof}\n`)
    } else if (lines.length > 2) {
      if (answer === null) socket.destroy()
      else socket.write(`${answer}\n`)
    }
  })
}

type Play = (socket: Socket, proper: { key: Buffer; address: string }) => unknown
const unproven = notRunning('something else answers in its place')
const otherVersion = {
  code: -32050,
  message: 'The app and its bridge are of different versions: restart the app, then this one',
  data: { code: 'bridge.version-mismatch', remedy: 'restart-app' },
}
const impostors: [string, Play, object][] = [
  ['proves itself with another key', (socket, proper) => speak(socket, proper, { key: Buffer.alloc(32) }), unproven],
  ['proves itself for another address', (socket, proper) => speak(socket, proper, { address: '/x' }), unproven],
  ['sends a proof of our side', (socket, proper) => speak(socket, proper, { side: 'peer' }), unproven],
  ['talks about other things', (socket) => socket.write('HTTP/1.1 400 Bad Request\n'), unproven],
  ['says no nonce', (socket) => socket.write(`causeway 1 ${'X'.repeat(64)} ${'0'.repeat(64)}\n`), unproven],
  ['says no proof', (socket) => socket.write(`causeway 1 ${'0'.repeat(64)}\n`), unproven],
  ['never ends its line', (socket) => socket.write('x'.repeat(5000)), unproven],
  ['stays silent', () => {}, unproven],
  ['hangs up at once', (socket) => socket.destroy(), notRunning()],
  ['hangs up on the hello', (socket, proper) => speak(socket, proper, { answer: null }), unproven],
  ['answers the hello with other words', (socket, proper) => speak(socket, proper, { answer: 'OK' }), unproven],
  ['speaks another version', (socket) => socket.end('causeway 2\n'), otherVersion],
  [
    'refuses',
    (socket, proper) => speak(socket, proper, { answer: 'no {"code":-32050,"message":"no, thanks"}' }),
    { code: -32050, message: 'no, thanks' },
  ],
]

describe.concurrent.each(all)('$name build', (build) => {
  test.for(spoiled)('%s is not believed', async ([what, spoil], { expect, onTestFinished }) => {
    const { home, hub, startBridge } = await createBench(build, onTestFinished)
    await hub.start()
    await spoil({ home, key: join(hub.run, 'hub.key'), address: join(hub.run, 'hub.address') })
    const { type, hears } = startBridge()
    type(callLine(what))
    expect(await hears('error')).toEqual([failed(what, notRunning())])
    expect(hub.hellos).toEqual([])
  })

  test.for(impostors)('whoever %s gets nothing of the client', async ([, play, error], { expect, onTestFinished }) => {
    const { hub, startBridge } = await createBench(build, onTestFinished)
    let heard = ''
    await hub.start((socket) => {
      socket.on('data', (chunk) => {
        heard += chunk
      })
      return play(socket, hub)
    })
    const { type, hears } = startBridge()
    type(callLine('of the client'))
    expect(await hears('error')).toEqual([failed('of the client', error)])
    expect(heard).toMatch(/^(causeway 1 bridge [0-9a-f]{64}\n|$)/)
    expect(heard).not.toContain('of the client')
  })
})
