import type { z } from 'zod'
import { type Answer, type Contract, type ContractApi, channelOf } from '../../shared/ipc.ts'
import { Problem, toProblem } from '../../shared/problems.ts'
import type { Log } from '../lib/log.ts'
import { createSignal } from '../lib/signal.ts'

type Run = (input: unknown) => unknown
type Subscribe = (listener: (payload: unknown) => void) => () => void
type Listener = (channel: string, payload: unknown) => void

/** What every carrier serves from. `call` never rejects. */
export type Dispatcher = {
  channels: { calls: string[]; events: string[] }
  call: (channel: unknown, input: unknown) => Promise<Answer>
  subscribe: (listener: Listener) => () => void
}

/**
 * Serves what the contract names and nothing else: channels are keys of a Map, so `__proto__` or `constructor` are
 * only unknown words. Input and result are both checked, so nothing crosses that the contract does not describe.
 */
export function createDispatcher<C extends Contract>(contract: C, api: ContractApi<C>, log: Log): Dispatcher {
  const calls = new Map<string, { input: z.ZodType; output: z.ZodType; run: Run }>()
  const events = new Map<string, { payload: z.ZodType; on: Subscribe }>()
  for (const [room, members] of Object.entries(contract)) {
    const served: Record<string, unknown> = api[room] as never
    for (const [name, member] of Object.entries(members)) {
      const channel = channelOf(room, name)
      if (typeof served[name] !== 'function') throw new Error(`The core does not offer ${channel}`)
      if (member.kind === 'call') calls.set(channel, { ...member, run: served[name] as Run })
      else events.set(channel, { ...member, on: served[name] as Subscribe })
    }
  }

  async function run(channel: unknown, input: unknown) {
    const known = typeof channel === 'string' ? calls.get(channel) : undefined
    if (!known) throw new Problem('ipc.bad-request', `unknown channel ${String(channel).slice(0, 80)}`)
    const parsed = known.input.safeParse(input)
    if (!parsed.success) throw new Problem('ipc.bad-request', `${channel}: ${firstIssue(parsed.error)}`)
    return known.output.parse(await known.run(parsed.data))
  }

  return {
    channels: { calls: [...calls.keys()], events: [...events.keys()] },
    async call(channel, input) {
      try {
        return { ok: true, value: await run(channel, input) }
      } catch (error) {
        if (!(error instanceof Problem)) log.error('call.crashed', { channel, error })
        return { ok: false, problem: toProblem(error) }
      }
    },
    subscribe: createFanOut(events, log),
  }
}

/** One subscription at the core serves all listeners, so a payload is checked once, and not at all while nobody listens. */
function createFanOut(events: Map<string, { payload: z.ZodType; on: Subscribe }>, log: Log) {
  const signal = createSignal<{ channel: string; payload: unknown }>()
  let listening = 0
  let stops: (() => void)[] = []

  const start = () => {
    stops = [...events].map(([channel, event]) =>
      event.on((value) => {
        const parsed = event.payload.safeParse(value)
        if (parsed.success) signal.emit({ channel, payload: parsed.data })
        else log.error('event.invalid', { channel, error: parsed.error })
      }),
    )
  }

  return (listener: Listener) => {
    const off = signal.on(({ channel, payload }) => listener(channel, payload))
    listening += 1
    if (listening === 1) start()
    return once(() => {
      off()
      listening -= 1
      if (listening === 0) for (const stop of stops.splice(0)) stop()
    })
  }
}

function once(work: () => void) {
  let done = false
  return () => {
    if (done) return
    done = true
    work()
  }
}

function firstIssue(error: z.ZodError) {
  const [issue] = error.issues
  return `${issue?.path.map(String).join('.') || 'input'}: ${issue?.message}`.slice(0, 200)
}
