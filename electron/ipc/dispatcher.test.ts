import { expect, test } from 'vitest'
import { z } from 'zod'
import { createClient } from '../../shared/client.ts'
import { call, event } from '../../shared/ipc.ts'
import { Problem } from '../../shared/problems.ts'
import { createMemoryLog } from '../lib/log.ts'
import { createSignal } from '../lib/signal.ts'
import { createDispatcher } from './dispatcher.ts'
import { createMapCarrier } from './map-carrier.ts'

const contract = {
  clock: {
    add: call(z.object({ a: z.number(), b: z.number().default(1) }), z.object({ sum: z.number() })),
    fail: call(z.object({ how: z.enum(['problem', 'bug', 'lie']) }), z.string()),
    silent: call(z.void(), z.void()),
    ticked: event(z.object({ count: z.number() })),
  },
}

function start() {
  const ticks = createSignal<{ count: number }>()
  let listening = 0
  const { log, lines } = createMemoryLog()
  const api = {
    clock: {
      add: ({ a, b }: { a: number; b: number }) => ({ sum: a + b, password: 'not in the contract' }),
      fail: ({ how }: { how: string }) => {
        if (how === 'problem') throw new Problem('app.no-company', 'acme')
        if (how === 'bug') throw new TypeError('token eyJhbGciOi.eyJzdWIi.c2ln leaked')
        return 7 as never
      },
      silent: () => {},
      ticked: (listener: (payload: { count: number }) => void) => {
        listening += 1
        const off = ticks.on(listener)
        return () => {
          listening -= 1
          off()
        }
      },
    },
  }
  const dispatcher = createDispatcher(contract, api, log)
  return {
    dispatcher,
    client: createClient(contract, createMapCarrier(dispatcher)),
    ticks,
    lines,
    listening: () => listening,
  }
}

test('answers a call of the contract, with defaults filled in and only the members the contract names', async () => {
  const { dispatcher } = start()
  expect(await dispatcher.call('clock.add', { a: 2, evil: true })).toEqual({ ok: true, value: { sum: 3 } })
  expect(await dispatcher.call('clock.silent', undefined)).toEqual({ ok: true, value: undefined })
})

test.each([
  'clock.nothing',
  'clock.ticked',
  'clock',
  '',
  '__proto__',
  'constructor.name',
  'clock.__proto__',
  'clock.constructor',
  'clock.toString',
  'toString.call',
  'clock.add.x',
  null,
  undefined,
  7,
  {},
  ['clock.add'],
])('case 64: refuses the channel %j, which the contract does not name', async (channel) => {
  const answer = await start().dispatcher.call(channel, { a: 1 })
  expect(answer).toMatchObject({ ok: false, problem: { code: 'ipc.bad-request' } })
})

test.each([undefined, null, 'text', [], { a: '1' }, { a: Number.NaN }, JSON.parse('{"__proto__":{"a":1}}')])(
  'case 64: refuses the input %j and says what is wrong with it',
  async (input) => {
    const answer = await start().dispatcher.call('clock.add', input)
    expect(answer).toMatchObject({ ok: false, problem: { code: 'ipc.bad-request' } })
    expect(!answer.ok && (answer.problem as { detail: string }).detail).toMatch(/^clock\.add: (a|input): /)
  },
)

test('a Problem crosses whole; it is no bug and is not logged as one', async () => {
  const { client, lines } = start()
  await expect(client.clock.fail({ how: 'problem' })).rejects.toMatchObject({ code: 'app.no-company', detail: 'acme' })
  expect(lines).toEqual([])
})

test('a bug crosses as `internal` without its text, and its stack is in the log', async () => {
  const { dispatcher, lines } = start()
  const answer = await dispatcher.call('clock.fail', { how: 'bug' })
  expect(answer).toMatchObject({ ok: false, problem: { code: 'internal' } })
  expect(JSON.stringify(answer)).not.toContain('leaked')
  expect(lines.join()).toContain('call.crashed')
  expect(lines.join()).toContain('dispatcher.test.ts')
  expect(lines.join()).not.toContain('eyJhbGciOi.')
})

test('a result the contract does not describe does not cross', async () => {
  const { dispatcher, lines } = start()
  expect(await dispatcher.call('clock.fail', { how: 'lie' })).toMatchObject({
    ok: false,
    problem: { code: 'internal' },
  })
  expect(lines.join()).toContain('call.crashed')
})

test('events reach every listener; the core is listened to once, and not at all without listeners', () => {
  const { dispatcher, ticks, listening } = start()
  expect(listening()).toBe(0)
  const seen: unknown[] = []
  const stops = [1, 2].map((who) => dispatcher.subscribe((channel, payload) => seen.push([who, channel, payload])))
  expect(listening()).toBe(1)
  ticks.emit({ count: 5 })
  expect(seen).toEqual([
    [1, 'clock.ticked', { count: 5 }],
    [2, 'clock.ticked', { count: 5 }],
  ])
  for (const stop of [...stops, ...stops]) stop()
  expect(listening()).toBe(0)
  dispatcher.subscribe(() => {})
  expect(listening()).toBe(1)
})

test('an event payload the contract does not describe is logged and not sent', () => {
  const { dispatcher, ticks, lines } = start()
  const seen: unknown[] = []
  dispatcher.subscribe((channel) => seen.push(channel))
  ticks.emit({ count: 'many' as never })
  expect(seen).toEqual([])
  expect(lines.join()).toContain('event.invalid')
})

test('a core that lacks a channel of the contract is found at the start', () => {
  const { log } = createMemoryLog()
  expect(() => createDispatcher(contract, { clock: {} } as never, log)).toThrow('The core does not offer clock.add')
})
