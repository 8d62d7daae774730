import type { z } from 'zod'
import { type Call, type Carrier, type Contract, type ContractClient, channelOf, type Event } from './ipc.ts'
import { fromData, Problem, ProblemData } from './problems.ts'

/**
 * What a window, the command line or a test holds: the contract's names as functions over any carrier. Every answer and
 * every event is parsed where it enters; a refused call is a thrown `Problem`.
 */
export function createClient<C extends Contract>(contract: C, carrier: Carrier): ContractClient<C> {
  const rooms = Object.entries(contract).map(([room, members]) => {
    const functions = Object.entries(members).map(([name, member]) => {
      const channel = channelOf(room, name)
      return [name, member.kind === 'call' ? ask(carrier, channel, member) : listen(carrier, channel, member)]
    })
    return [room, Object.fromEntries(functions)]
  })
  return Object.fromEntries(rooms) as ContractClient<C>
}

const ask =
  (carrier: Carrier, channel: string, { output }: Call) =>
  async (input?: unknown) => {
    const answer = await carrier.call(channel, input)
    if (!answer.ok) throw fromWire(answer.problem, channel)
    return parse(output, answer.value, channel)
  }

const listen =
  (carrier: Carrier, channel: string, { payload }: Event) =>
  (listener: (value: unknown) => void) =>
    carrier.on(channel, (value) => listener(parse(payload, value, channel)))

function fromWire(data: unknown, channel: string) {
  const parsed = ProblemData.safeParse(data)
  return parsed.success ? fromData(parsed.data) : new Problem('ipc.bad-answer', channel)
}

// The other side may be another version: after an update the old window still runs.
function parse(schema: z.ZodType, value: unknown, channel: string) {
  const parsed = schema.safeParse(value)
  if (!parsed.success) throw new Problem('ipc.bad-answer', channel, { cause: parsed.error })
  return parsed.data
}
