import { nowMs } from '../lib/stats.ts'
import type { Peer } from '../lib/stdio-peer.ts'
import { clientInfo } from '../lib/stdio-peer.ts'
import { type Cell, comes, leave, token, type Verdict } from './cell.ts'
import { playStorm } from './storm.ts'

type Scenario = (cell: Cell) => Promise<Verdict>

const problemsOr = (problems: (string | false)[], fine: string): Verdict => {
  const found = problems.filter((each) => each !== false)
  return { ok: found.length === 0, seen: found.join('; ') || fine }
}
const short = (error: unknown) => String(error instanceof Error ? error.message : error).slice(0, 140)
const said = (promise: Promise<unknown>) =>
  promise.then(
    () => 'answered',
    (error: unknown) => short(error),
  )
/** Whether the very next call works, without the client trying again. */
async function nextCall(peer: Peer): Promise<Verdict> {
  const at = nowMs()
  const heard = await said(peer.echo('next', 25_000))
  const took = `${Math.round(nowMs() - at)} ms`
  return { ok: heard === 'answered', seen: heard === 'answered' ? `next call worked (${took})` : `next call: ${heard}` }
}
const isError = (heard: string) => /^-?\d+: /.test(heard)

export const scenarios: Record<string, Scenario> = {
  async 'the opening is the client’s own, and it is the only one'({ spawnPeer, server, transport }) {
    const peer = spawnPeer()
    const opened = await peer.initialize()
    await peer.echo('x')
    const { initialize, openings, requests, wellKnown, other, sessions } = await server.stats()
    const [opening] = openings
    return problemsOr(
      [
        (opened.serverInfo as { name?: string })?.name !== 'reference' && 'the server’s name is lost',
        opened.instructions !== 'Say hello to the bench.' && 'the instructions are lost',
        JSON.stringify(opening?.clientInfo) !== JSON.stringify(clientInfo) && 'the client’s name is changed',
        JSON.stringify(opening?.capabilities) !== '{"roots":{}}' && 'the client’s capabilities are changed',
        initialize !== 1 && `${initialize} initialize`,
        wellKnown + other > 0 && `${wellKnown + other} discovery requests`,
        sessions > (transport === 'http' || transport === 'sse' ? 1 : 0) && `${sessions} sessions`,
        peer.dirt.length > 0 && `stdout has ${peer.dirt[0]?.text}`,
      ],
      `${requests} requests up to the first answer`,
    )
  },
  async 'unknown members, methods and ids survive'({ startPeer }) {
    const peer = await startPeer()
    const result = await peer.call('mirror', { a: [1, null, 'ü'] }, { meta: { 'bench/key': 'v' } })
    const custom = await peer.send('x-bench/custom', { k: 1 })
    const text = await peer.send('ping', undefined, { id: 'text-id-é' })
    const { params } = JSON.parse(peer.textOf(result)) as { params: { _meta?: Record<string, unknown> } }
    return problemsOr(
      [
        result.xUnknownField !== 'kept' && 'a member of the result is gone',
        (result.structuredContent as { n?: number })?.n !== Number.MAX_SAFE_INTEGER && 'a number is changed',
        params._meta?.['bench/key'] !== 'v' && '_meta is gone',
        custom.result?.xExtra !== true && `custom method: ${custom.error?.message}`,
        text.error !== undefined && `an id of text: ${text.error?.message}`,
      ],
      'all kept',
    )
  },
  async 'progress reaches the client before the answer'({ startPeer, transport }) {
    if (transport === 'json') return { ok: null, seen: 'no progress over plain JSON' }
    const peer = await startPeer()
    await peer.call('slow', { ms: 200, steps: 4 }, { meta: { progressToken: 'tok-7' } })
    const steps = peer.notifications.filter(({ method }) => method === 'notifications/progress')
    const right = steps.filter(({ params }) => params?.progressToken === 'tok-7' && params.message)
    return { ok: right.length === 4 && steps.length === 4, seen: `${right.length} of 4` }
  },
  async 'a cancel reaches the server'({ startPeer, server }) {
    const peer = await startPeer()
    const call = peer.call('slow', { ms: 600_000, steps: 1 }, { id: 991, ms: 1_000 })
    call.catch(() => {})
    await comes(async () => (await server.stats()).calls === 2)
    peer.notify('notifications/cancelled', { requestId: 991, reason: 'test' })
    const reached = await comes(async () => (await server.stats()).cancelled === 1)
    const next = await nextCall(peer)
    return problemsOr([!reached && 'the server never heard', !next.ok && next.seen], 'heard; next call fine')
  },
  async 'what the server says unasked arrives'({ startPeer, transport, server }) {
    if (transport === 'json') return { ok: null, seen: 'no stream over plain JSON' }
    const peer = await startPeer()
    await comes(async () => (await server.stats()).openStreams === 1)
    await peer.call('announce', {})
    const arrived = () => peer.notifications.filter(({ method }) => method?.endsWith('tools/list_changed')).length
    await comes(() => arrived() > 0, 5_000)
    return { ok: arrived() === 1, seen: `${arrived()} of 1` }
  },
  async 'the server’s question is answered by the client'({ startPeer, transport }) {
    if (transport === 'json') return { ok: null, seen: 'no questions over plain JSON' }
    if (transport === 'split') return { ok: null, seen: 'asked of everybody, a question is nobody’s' }
    const peer = await startPeer()
    peer.answer(({ id }) => ({ jsonrpc: '2.0', id, result: { roots: [{ uri: 'file:///bench' }] } }))
    const text = peer.textOf(await peer.call('ask', {}, { ms: 15_000 }))
    return { ok: text.includes('file:///bench'), seen: text }
  },
  async 'a line that is no JSON'({ startPeer }) {
    const peer = await startPeer()
    peer.write('{"jsonrpc":"2.0", this is not json')
    peer.write('')
    return nextCall(peer)
  },
  async 'a request and an answer of 20 MB'({ startPeer }) {
    const peer = await startPeer()
    const heard = await said(peer.echo('x'.repeat(20_000_000), 60_000))
    if (heard !== 'answered') return { ok: false, seen: heard }
    return nextCall(peer)
  },
  async 'an answer of 20 MB to a small request'({ startPeer }) {
    const peer = await startPeer()
    const result = await peer.call('big', { bytes: 20_000_000 }, { ms: 60_000 })
    return { ok: peer.textOf(result).length === 20_000_000, seen: `${peer.textOf(result).length} bytes` }
  },
  async 'the server forgets the session'({ startPeer, server, transport }) {
    if (transport !== 'http' && transport !== 'sse') return { ok: null, seen: 'no sessions' }
    const peer = await startPeer()
    await server.ask({ do: 'forget-sessions' })
    return nextCall(peer)
  },
  async 'every stream is cut'({ startPeer, server, transport }) {
    if (transport === 'json') return { ok: null, seen: 'no streams' }
    const peer = await startPeer()
    await comes(async () => (await server.stats()).openStreams === 1)
    const { streams } = await server.stats()
    await server.ask({ do: 'cut-streams' })
    // Where there are no sessions nothing but the new stream says that the hub knows of it.
    const hasStream = async () => (await server.stats()).streams > streams && (await server.stats()).openStreams === 1
    if (transport === 'split') await comes(hasStream)
    const next = await nextCall(peer)
    const back = await comes(hasStream)
    return problemsOr([!next.ok && next.seen, !back && 'the stream was not opened again'], `${next.seen}, stream back`)
  },
  async 'the server restarts between two calls'({ startPeer, server }) {
    const peer = await startPeer()
    await server.restart()
    return nextCall(peer)
  },
  async 'the server is down for a call, then back'({ startPeer, server, transport }) {
    const peer = await startPeer()
    await server.kill()
    const down = await said(peer.echo('down', 25_000))
    await server.start()
    const next = await nextCall(peer)
    // A stream that is sought again holds the call meanwhile; being answered late is as good.
    const isTold = isError(down) || (transport !== 'http' && transport !== 'json' && down === 'answered')
    return problemsOr([!isTold && `down: ${down}`, !next.ok && next.seen], `${down}; ${next.seen}`)
  },
  async 'the server dies during a call'({ startPeer, server }) {
    const peer = await startPeer()
    const call = said(peer.call('slow', { ms: 600_000, steps: 1 }, { ms: 25_000 }))
    await comes(async () => (await server.stats()).calls === 2)
    await server.kill()
    const heard = await call
    await server.start()
    const next = await nextCall(peer)
    return problemsOr([!isError(heard) && `call: ${heard}`, !next.ok && next.seen], `${heard}; ${next.seen}`)
  },
  async 'the token is refused in the middle'({ startPeer, server }) {
    const peer = await startPeer()
    await server.ask({ do: 'set-token', token: 'another' })
    const heard = await said(peer.echo('y', 20_000))
    const { wellKnown } = await server.stats()
    await server.ask({ do: 'set-token', token })
    const next = await nextCall(peer)
    return problemsOr(
      [!isError(heard) && `call: ${heard}`, wellKnown > 0 && `${wellKnown} look-ups`, !next.ok && next.seen],
      `${heard}; ${next.seen}`,
    )
  },
  async 'the token is refused at the start'({ spawnPeer, server }) {
    await server.ask({ do: 'set-token', token: 'another' })
    const peer = spawnPeer()
    const heard = await said(peer.initialize(20_000))
    await server.ask({ do: 'set-token', token })
    const again = await said(peer.initialize(20_000))
    return problemsOr([!isError(heard) && heard, again !== 'answered' && `again: ${again}`], `${heard}; later fine`)
  },
  async 'the server is down at the start'({ spawnPeer, server }) {
    await server.kill()
    const peer = spawnPeer()
    const heard = await said(peer.initialize(20_000))
    await server.start()
    const again = await said(peer.initialize(20_000))
    return problemsOr([!isError(heard) && heard, again !== 'answered' && `again: ${again}`], `${heard}; later fine`)
  },
  async 'spawned twice, the first one killed at once'({ spawnPeer }) {
    const [first, second] = [spawnPeer(), spawnPeer()]
    first.initialize().catch(() => {})
    const opened = second.initialize()
    await first.kill()
    await opened
    return nextCall(second)
  },
  async 'the hub restarts between two calls'({ startPeer, hasHub, restartHub }) {
    if (!hasHub) return { ok: null, seen: 'no hub' }
    const peer = await startPeer()
    await restartHub()
    return nextCall(peer)
  },
  'everything breaks while three clients ask without pause': (cell) => playStorm(cell, { seed: 1, seconds: 6 }),
  async 'stdin closes'({ startPeer, server, transport }) {
    const peer = await startPeer()
    return toLeaving(await leave(peer, server, () => peer.endInput()), transport)
  },
  async 'stdin closes during a call'({ startPeer, server, transport }) {
    const peer = await startPeer()
    peer.call('slow', { ms: 600_000, steps: 1 }).catch(() => {})
    await comes(async () => (await server.stats()).calls === 2)
    return toLeaving(await leave(peer, server, () => peer.endInput()), transport)
  },
  async SIGTERM({ startPeer, server, transport }) {
    const peer = await startPeer()
    return toLeaving(await leave(peer, server, () => void peer.kill('SIGTERM')), transport)
  },
  async SIGKILL({ startPeer, server, transport, hasHub }) {
    if (!hasHub) return { ok: null, seen: 'no hub that could end the session' }
    const peer = await startPeer()
    return toLeaving({ ...(await leave(peer, server, () => void peer.kill())), exit: { code: 0 } }, transport)
  },
}

type Leaving = { exit: { code: number | null } | null; tookMs: number; deletes: number; left: number }
const toLeaving = ({ exit, tookMs, deletes, left }: Leaving, transport: string): Verdict =>
  problemsOr(
    [
      !exit && 'it never ended',
      exit !== null && exit.code !== 0 && `exit ${exit.code}`,
      left > 0 && `${left} session(s) left`,
      transport === 'http' && deletes !== 1 && `${deletes} DELETE`,
    ],
    `exit 0 in ${Math.round(tookMs)} ms, ${deletes} DELETE`,
  )

/** Takes more than a minute: only for the whole table. */
export const longScenarios: Record<string, Scenario> = {
  'everything breaks, for a minute': (cell) => playStorm(cell, { seed: Date.now() % 1_000_000, seconds: 60 }),
  async 'calls of 65 s, with and without progress'({ startPeer }) {
    const peer = await startPeer()
    const options = { ms: 120_000 }
    const [one, two] = await Promise.all([
      said(peer.call('slow', { ms: 65_000, steps: 65 }, { ...options, meta: { progressToken: 1 } })),
      said(peer.call('slow', { ms: 65_000, steps: 1 }, options)),
    ])
    return { ok: one === 'answered' && two === 'answered', seen: `with: ${one}; without: ${two}` }
  },
}
