import { beforeEach, expect, test } from 'vitest'
import { makeCall, makeCalls, serverId } from '../scenarios/world.ts'
import { openCore } from '../testing/open-core.ts'
import {
  clearFilter,
  loadMore,
  mostWaiting,
  openActivity,
  reload,
  setFilter,
  setFollowing,
  showWaiting,
  useActivity,
} from './activity.ts'

const state = () => useActivity.getState()
const ids = () => state().rows.map(({ id }) => id)

beforeEach(() => useActivity.setState({ filter: {}, rows: [], waiting: [], following: true, status: 'loading' }))

test('shows the newest page, and older ones as they are asked for, without a gap or a double', async () => {
  openCore((world) => {
    world.calls = makeCalls(450)
  })
  const close = await openActivity()
  expect(state()).toMatchObject({ status: 'ready', total: 450, next: 251 })
  await loadMore()
  await loadMore()
  expect(state().next).toBeNull()
  expect(ids()).toEqual(Array.from({ length: 450 }, (_, index) => 450 - index))
  await loadMore()
  expect(ids()).toHaveLength(450)
  close()
})

test('a new call shows at once at the top', async () => {
  const memory = openCore()
  const close = await openActivity()
  memory.addCalls([makeCall(241, 0), makeCall(242, 0)])
  expect(ids().slice(0, 3)).toEqual([242, 241, 240])
  expect(state().total).toBe(242)
  close()
})

test('a new call waits while the person reads further down', async () => {
  const memory = openCore()
  const close = await openActivity()
  setFollowing(false)
  memory.addCalls([makeCall(241, 0)])
  memory.addCalls([makeCall(242, 0)])
  expect(ids()[0]).toBe(240)
  expect(state().waiting.map(({ id }) => id)).toEqual([242, 241])
  showWaiting()
  expect(ids().slice(0, 3)).toEqual([242, 241, 240])
  expect(state()).toMatchObject({ waiting: [], following: true })
  close()
})

test('too much waiting is read again as a page, not kept', async () => {
  const memory = openCore()
  const close = await openActivity()
  setFollowing(false)
  memory.addCalls(Array.from({ length: mostWaiting + 50 }, (_, index) => makeCall(241 + index, 0)))
  expect(state().waiting).toHaveLength(mostWaiting)
  showWaiting()
  await expect.poll(() => state().status).toBe('ready')
  expect(ids()[0]).toBe(240 + mostWaiting + 50)
  expect(ids()).toHaveLength(200)
  close()
})

test('a window left open for weeks lets rows at the end go, and finds them again', async () => {
  const memory = openCore((world) => {
    world.calls = makeCalls(1)
  })
  const close = await openActivity()
  for (let id = 2; id <= 1500; id += 1) memory.addCalls([makeCall(id, 0)])
  expect(ids()).toHaveLength(1000)
  expect(state()).toMatchObject({ next: 501, total: 1500 })
  await loadMore()
  expect(ids().slice(999, 1002)).toEqual([501, 500, 499])
  close()
})

test('a filter asks the log anew, and new calls obey it', async () => {
  const memory = openCore()
  const close = await openActivity()
  await setFilter({ server: serverId('github') })
  expect(new Set(state().rows.map(({ server }) => server))).toEqual(new Set(['github']))
  memory.addCalls([makeCall(241, 0, { server: serverId('pdf') }), makeCall(242, 0, { server: serverId('github') })])
  expect(ids()[0]).toBe(242)
  expect(ids()).not.toContain(241)
  await setFilter({ server: undefined, search: 'delete_branch' })
  expect(state().filter).toEqual({ search: 'delete_branch' })
  expect(state().rows.every(({ target }) => target === 'delete_branch')).toBe(true)
  await clearFilter()
  expect(state().total).toBe(242)
  close()
})

test('a late answer to an old question is dropped', async () => {
  const memory = openCore()
  const { page } = memory.core.activity
  let answerLate = () => {}
  memory.core.activity.page = async (input) => {
    if (input.filter.server === 'github')
      await new Promise<void>((resolve) => {
        answerLate = resolve
      })
    return page(input)
  }
  const late = setFilter({ server: serverId('github') })
  await setFilter({ server: serverId('pdf') })
  answerLate()
  await late
  expect(new Set(state().rows.map(({ server }) => server))).toEqual(new Set(['pdf']))
})

test('a row that is told twice stands once', async () => {
  const memory = openCore()
  const close = await openActivity()
  memory.addCalls([makeCall(240, 0), makeCall(241, 0)])
  memory.addCalls([makeCall(241, 0)])
  expect(ids().slice(0, 3)).toEqual([241, 240, 239])
  expect(state().total).toBe(241)
  close()
})

test('calls that arrive while the first page is on its way are neither lost nor doubled', async () => {
  const memory = openCore()
  const opening = openActivity()
  memory.addCalls([makeCall(241, 0)])
  const close = await opening
  memory.addCalls([makeCall(242, 0)])
  expect(ids().slice(0, 3)).toEqual([242, 241, 240])
  expect(new Set(ids()).size).toBe(ids().length)
  close()
})

test('a log that cannot be read says so; an older page that cannot be read leaves what is there', async () => {
  const memory = openCore((world) => {
    world.failing = { 'activity.page': 'activity.unavailable' }
  })
  const close = await openActivity()
  expect(state()).toMatchObject({ status: 'failed', problem: { code: 'activity.unavailable' } })
  memory.world.failing = {}
  await reload()
  memory.world.failing = { 'activity.page': 'internal' }
  await loadMore()
  expect(state()).toMatchObject({ status: 'ready', problem: { code: 'internal' }, loadingMore: false })
  expect(ids()).toHaveLength(200)
  close()
})
