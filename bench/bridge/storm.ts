import { setTimeout as pause } from 'node:timers/promises'
import { createRandom } from '../../e2e/seeded-random.ts'
import { nowMs } from '../lib/stats.ts'
import type { Peer } from '../lib/stdio-peer.ts'
import { type Cell, comes, token, type Verdict } from './cell.ts'

type Chance = () => number
const oneOf = <Each>(chance: Chance, all: Each[]) => all[Math.floor(chance() * all.length)] as Each

/** Longer than any wait a bridge may put before its error. */
const answerMs = 30_000
const clients = 3
const inFlight = 6

type Tally = { answered: number; failed: number; wrong: string[] }

/** Asks without pause until it is told to stop; what comes back must be its own, and something must. */
async function askAway(peer: Peer, name: string, chance: Chance, isOver: () => boolean, tally: Tally) {
  for (let turn = 0; !isOver(); turn += 1) {
    const mark = `${name} turn ${turn} `
    const size = chance() < 0.03 ? 2_000_000 : Math.floor(chance() * (chance() < 0.2 ? 200_000 : 400))
    const kind = oneOf(chance, ['echo', 'echo', 'echo', 'slow', 'cancelled', 'list'])
    try {
      if (kind === 'echo') {
        const payload = mark + 'x'.repeat(size)
        const got = peer.textOf(await peer.call('echo', { payload }, { ms: answerMs }))
        if (got !== payload) tally.wrong.push(`${mark}got ${got.slice(0, 60)} (${got.length} for ${payload.length})`)
      } else if (kind === 'slow') {
        await peer.call('slow', { ms: 300, steps: 3 }, { meta: { progressToken: mark }, ms: answerMs })
      } else if (kind === 'list') await peer.request('tools/list', {}, { ms: answerMs })
      else await cancelled(peer, mark)
      if (kind !== 'cancelled') tally.answered += 1
    } catch (error) {
      const why = String(error instanceof Error ? error.message : error)
      tally.failed += 1
      if (!/^-?\d+: /.test(why)) tally.wrong.push(`${mark}${kind}: ${why}`)
    }
    if (chance() < 0.3) await pause(chance() * 20)
  }
}
/** An answer may still have been on its way, but then it comes soon. */
async function cancelled(peer: Peer, mark: string) {
  const call = peer.call('slow', { ms: 60_000, steps: 1 }, { id: mark, ms: answerMs })
  call.catch(() => {})
  await pause(5)
  peer.notify('notifications/cancelled', { requestId: mark, reason: 'storm' })
}

async function strike({ server, hasHub, restartHub }: Cell, chance: Chance) {
  const faults = ['forget', 'cut', 'restart', 'away', 'token', ...(hasHub ? ['hub'] : [])]
  const fault = oneOf(chance, faults)
  if (fault === 'forget') await server.ask({ do: 'forget-sessions' })
  else if (fault === 'cut') await server.ask({ do: 'cut-streams' })
  else if (fault === 'restart') await server.restart()
  else if (fault === 'away') {
    await server.kill()
    await pause(chance() * 700)
    await server.start()
  } else if (fault === 'token') {
    await server.ask({ do: 'set-token', token: 'another' })
    await pause(chance() * 200)
    await server.ask({ do: 'set-token', token })
  } else await restartHub()
}

/**
 * Clients that ask without pause while everything breaks, one thing after the other in an order that the seed decides.
 * Every request is answered, once, with what was asked, or with an error; afterwards all is as if nothing had been.
 */
export async function playStorm(cell: Cell, { seed, seconds }: { seed: number; seconds: number }): Promise<Verdict> {
  const chance = createRandom(seed)
  const peers = await Promise.all(Array.from({ length: clients }, () => cell.startPeer()))
  const tally: Tally = { answered: 0, failed: 0, wrong: [] }
  const until = nowMs() + seconds * 1000
  const isOver = () => nowMs() > until
  const asking = peers.flatMap((peer, which) =>
    Array.from({ length: inFlight }, (_, lane) =>
      askAway(peer, `client ${which} lane ${lane}`, createRandom(seed * 1000 + which * 100 + lane), isOver, tally),
    ),
  )
  let struck = 0
  while (!isOver()) {
    await pause(50 + chance() * 400)
    await strike(cell, chance)
    struck += 1
  }
  await Promise.all(asking)
  // That the last connection is gone may be known a moment after it is, and a tool call in between is not sent twice.
  await pause(500)
  const { wrong, answered, failed } = tally
  for (const [which, peer] of peers.entries()) {
    const next = await peer.echo('afterwards', answerMs).catch((error) => String(error))
    if (next !== undefined) wrong.push(`client ${which} afterwards: ${next}`)
    if (peer.exit()) wrong.push(`client ${which}: its bridge ended`)
    // A hub that dies in the middle of a long answer leaves a broken line, with a proper error behind it.
    const dirt = peer.dirt.filter(({ isBroken, bytes }) => !isBroken || !cell.hasHub || bytes < 64 * 1024)
    wrong.push(...dirt.map(({ text }) => `client ${which} got a line too much: ${text.slice(0, 120)}`))
  }
  // What a hub had open when it was killed is nobody's any more; what is open now must be closed.
  await cell.server.ask({ do: 'forget-sessions' })
  await Promise.all(peers.map((peer) => peer.echo('once more', answerMs).catch(() => {})))
  for (const peer of peers) peer.endInput()
  if (!(await comes(async () => (await cell.server.stats()).sessions === 0))) wrong.push('sessions are left')
  const seen = `${answered} answered, ${failed} told why not, ${struck} faults (seed ${seed})`
  return { ok: wrong.length === 0, seen: wrong.length === 0 ? seen : `${seen}; ${wrong.slice(0, 4).join('; ')}` }
}
