import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { createEnv } from '../lib/clean-env.ts'
import { nowMs, within } from '../lib/stats.ts'
import { type Peer, startPeer } from '../lib/stdio-peer.ts'
import { type ReferenceServer, startReferenceServer, type Transport } from '../reference/reference-server.ts'

export const token = 'a-token-of-the-reference-server'

/** A program under test: its command for a server, and whether it needs a hub beside it. */
export type Candidate = {
  name: string
  hasHub: boolean
  command: (target: { url: string; transport: Transport; token: string; home: string }) => string[]
  transports: Transport[]
}

const hubScript = fileURLToPath(new URL('./hub-process.ts', import.meta.url))

/** One cell of the behaviour table: a fresh bridge, a fresh hub, a fresh server, and nothing left of them. */
async function openCell(candidate: Candidate, transport: Transport) {
  const home = await mkdtemp(join(tmpdir(), 'causeway-robust-'))
  const temp = join(home, 'temp')
  await mkdir(temp)
  const env = { ...createEnv(home), TMPDIR: temp }
  const server: ReferenceServer = await startReferenceServer({ token })
  const peers: Peer[] = []
  let hub: ChildProcess | null = null

  async function startHub() {
    const args = [hubScript, home, JSON.stringify(server.endpoint(transport)), token]
    const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'inherit'] })
    hub = child
    await once(child.stdout, 'data')
  }
  async function killHub() {
    if (!hub || hub.exitCode !== null || hub.signalCode !== null) return
    hub.kill('SIGKILL')
    await once(hub, 'exit')
  }
  if (candidate.hasHub) await startHub()

  /** Not initialized: for the rows about how it begins. */
  function spawnPeer() {
    const command = candidate.command({ url: server.url(transport), transport, token, home })
    const peer = startPeer({ command, env })
    peers.push(peer)
    return peer
  }
  return {
    server,
    transport,
    hasHub: candidate.hasHub,
    spawnPeer,
    async startPeer() {
      const peer = spawnPeer()
      await peer.initialize()
      await peer.echo('first')
      return peer
    },
    async restartHub() {
      await killHub()
      await startHub()
    },
    async close() {
      for (const peer of peers) await peer.kill()
      await killHub()
      await server.kill()
      await rm(home, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}
export type Cell = Awaited<ReturnType<typeof openCell>>

/** `ok: null` is a row that does not concern this bridge or transport. */
export type Verdict = { ok: boolean | null; seen: string }

/** Plays one row in a cell of its own. */
export async function playCell(
  candidate: Candidate,
  transport: Transport,
  play: (cell: Cell) => Promise<Verdict>,
): Promise<Verdict> {
  const cell = await openCell(candidate, transport)
  try {
    return await play(cell)
  } catch (error) {
    return { ok: false, seen: String(error instanceof Error ? error.message : error) }
  } finally {
    await cell.close()
  }
}

/** Waits for a condition instead of for a time; false where it never comes. */
export async function comes(condition: () => Promise<boolean> | boolean, ms = 20_000): Promise<boolean> {
  for (const until = nowMs() + ms; nowMs() < until; await pause(25)) if (await condition()) return true
  return false
}

/** How a bridge leaves: what it took, and what it left on the server. */
export async function leave(peer: Peer, server: ReferenceServer, act: () => void) {
  const before = await server.stats()
  const at = nowMs()
  act()
  const exit = await within(peer.exited, 20_000, 'the end').catch(() => null)
  const tookMs = (exit?.at ?? nowMs()) - at
  await comes(async () => (await server.stats()).sessions === 0, 5_000)
  const after = await server.stats()
  return { exit, tookMs, deletes: after.deletes - before.deletes, left: after.sessions }
}
