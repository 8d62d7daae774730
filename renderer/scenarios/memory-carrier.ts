import { type CoreApi, contract } from '../../shared/contract/contract.ts'
import { type Answer, type Call, type Carrier, type Contract, channelOf } from '../../shared/ipc.ts'
import { Problem, toProblem } from '../../shared/problems.ts'

type Run = (input: unknown) => unknown
type Subscribe = (listener: (payload: unknown) => void) => () => void

/** A core in the same process behind a carrier, as strict as the real ones: input and output are parsed and copied. */
export function createMemoryCarrier(core: CoreApi): Carrier {
  const members = new Map(
    Object.entries(contract as Contract).flatMap(([room, names]) =>
      Object.entries(names).map(([name, member]) => [channelOf(room, name), { room, name, member }] as const),
    ),
  )

  function find(channel: string, kind: 'call' | 'event') {
    const found = members.get(channel)
    if (found?.member.kind !== kind) throw new Problem('ipc.bad-request', channel)
    const served = (core as unknown as Record<string, Record<string, Run | Subscribe>>)[found.room]?.[found.name]
    if (!served) throw new Error(`The core does not offer ${channel}`)
    return { member: found.member, served }
  }

  async function run(channel: string, input: unknown) {
    const { member, served } = find(channel, 'call')
    const call = member as Call
    return call.output.parse(await (served as Run)(call.input.parse(copy(input))))
  }

  return {
    async call(channel, input): Promise<Answer> {
      try {
        return { ok: true, value: copy(await run(channel, input)) }
      } catch (error) {
        return { ok: false, problem: toProblem(error) }
      }
    },
    on: (channel, listener) => (find(channel, 'event').served as Subscribe)((payload) => listener(copy(payload))),
  }
}

const copy = (value: unknown): unknown => (value === undefined ? undefined : JSON.parse(JSON.stringify(value)))
