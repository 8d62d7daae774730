import { expect, test } from 'vitest'
import { makeCall, makeCalls } from '../scenarios/world.ts'
import { openCore } from '../testing/open-core.ts'
import { openRecent, useRecent } from './recent.ts'

test('knows the last five calls, how many there are, and the last that went wrong', async () => {
  const memory = openCore((world) => {
    world.calls = makeCalls(12).map((call) => ({ ...call, outcome: call.id === 4 ? 'refused' : 'ok' }))
  })
  const close = await openRecent()
  expect(useRecent.getState()).toMatchObject({ total: 12, lastProblem: { id: 4 } })
  expect(useRecent.getState().rows?.map(({ id }) => id)).toEqual([12, 11, 10, 9, 8])
  memory.addCalls([makeCall(13, 0, { outcome: 'error' }), makeCall(14, 0, { outcome: 'cancelled' })])
  expect(useRecent.getState()).toMatchObject({ total: 14, lastProblem: { id: 13 } })
  expect(useRecent.getState().rows?.[0]?.id).toBe(14)
  close()
})

test('a log that cannot be read is a problem, not an empty list', async () => {
  openCore((world) => {
    world.failing = { 'activity.page': 'activity.unavailable' }
  })
  useRecent.setState({ rows: null })
  await openRecent()
  expect(useRecent.getState()).toMatchObject({ rows: null, problem: { code: 'activity.unavailable' } })
})
