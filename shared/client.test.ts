import { expect, test } from 'vitest'
import { z } from 'zod'
import { createClient } from './client.ts'
import { type Answer, call, event } from './ipc.ts'
import { Problem } from './problems.ts'

const contract = {
  clock: {
    now: call(z.void(), z.number()),
    ring: call(z.object({ times: z.number() }), z.void()),
    tick: event(z.number()),
  },
}

function setUp(answer: Answer) {
  const calls: unknown[] = []
  const listeners = new Map<string, (payload: unknown) => void>()
  const client = createClient(contract, {
    call: async (channel, input) => {
      calls.push([channel, input])
      return answer
    },
    on: (channel, listener) => {
      listeners.set(channel, listener)
      return () => listeners.delete(channel)
    },
  })
  return { client, calls, listeners }
}

test('a call goes to its channel with its input and comes back parsed', async () => {
  const { client, calls } = setUp({ ok: true, value: 7 })
  expect(await client.clock.now()).toBe(7)
  expect(calls).toEqual([['clock.now', undefined]])
})

test('a call without an answer value is fine where the contract says nothing comes back', async () => {
  const { client, calls } = setUp({ ok: true, value: undefined })
  expect(await client.clock.ring({ times: 2 })).toBeUndefined()
  expect(calls).toEqual([['clock.ring', { times: 2 }]])
})

test('a refused call is thrown as the problem it names', async () => {
  const { client } = setUp({ ok: false, problem: new Problem('app.no-company', 'ask IT').data })
  await expect(client.clock.now()).rejects.toMatchObject({ code: 'app.no-company', detail: 'ask IT' })
})

test('an answer of the wrong shape, or a problem nobody knows, is named and never believed', async () => {
  await expect(setUp({ ok: true, value: 'seven' }).client.clock.now()).rejects.toMatchObject({
    code: 'ipc.bad-answer',
    detail: 'clock.now',
  })
  const unknown = setUp({ ok: false, problem: { code: 'x.from-the-future', title: '?', remedy: 'retry' } })
  await expect(unknown.client.clock.now()).rejects.toMatchObject({ code: 'ipc.bad-answer' })
})

test('events are parsed, and stop when the listener goes', () => {
  const { client, listeners } = setUp({ ok: true, value: null })
  const seen: number[] = []
  const close = client.clock.tick((value) => seen.push(value))
  listeners.get('clock.tick')?.(3)
  expect(() => listeners.get('clock.tick')?.('three')).toThrow(Problem)
  expect(seen).toEqual([3])
  close()
  expect(listeners.size).toBe(0)
})
