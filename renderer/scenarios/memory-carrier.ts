import { type CoreApi, contract } from '../../shared/contract/contract.ts'
import { type Answer, type Carrier, type Contract, channelOf } from '../../shared/ipc.ts'
import { Problem, toProblem } from '../../shared/problems.ts'

type Run = (input: unknown) => unknown
type Subscribe = (listener: (payload: unknown) => void) => () => void

/** A core in the same process behind a carrier, as strict as the real ones: input and output are parsed and copied. */
export function createMemoryCarrier(core: CoreApi): Carrier {
  const members = new Map(
    Object.entries(contract as Contract).flatMap(([room, names]) =>
      Object.entries(names).map(([name, member]) => {
        const served = (core as unknown as Record<string, Record<string, Run | Subscribe>>)[room]?.[name]
        return [channelOf(room, name), { member, served }] as const
      }),
    ),
  )

  async function run(channel: string, input: unknown) {
    const found = members.get(channel)
    if (found?.member.kind !== 'call') throw new Problem('ipc.bad-request', channel)
    const value = await (found.served as Run)(found.member.input.parse(copy(input)))
    return found.member.output.parse(value)
  }

  return {
    async call(channel, input): Promise<Answer> {
      try {
        return { ok: true, value: copy(await run(channel, input)) }
      } catch (error) {
        return { ok: false, problem: toProblem(error) }
      }
    },
    on(channel, listener) {
      const found = members.get(channel)
      if (found?.member.kind !== 'event') throw new Problem('ipc.bad-request', channel)
      return (found.served as Subscribe)((payload) => listener(copy(payload)))
    },
  }
}

const copy = (value: unknown): unknown => (value === undefined ? undefined : JSON.parse(JSON.stringify(value)))
