import { setTimeout as delay } from 'node:timers/promises'
import { runInNewContext } from 'node:vm'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { collectGarbage, createRest } from './rest.ts'

const mib = 1024 * 1024

describe('when memory is given back', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())
  const start = (held: number) => {
    const collect = vi.fn()
    const setGrowth = vi.fn()
    return { collect, setGrowth, rest: createRest({ collect, setGrowth, readHeap: () => ({ held, used: 20 * mib }) }) }
  }

  test('after ten quiet seconds, once', () => {
    const { collect, rest } = start(120 * mib)
    rest.worked()
    vi.advanceTimersByTime(9_999)
    expect(collect).not.toHaveBeenCalled()
    vi.advanceTimersByTime(60_000)
    expect(collect).toHaveBeenCalledTimes(1)
  })

  test('never while there is work', () => {
    const { collect, rest } = start(120 * mib)
    for (let second = 0; second < 60; second += 1) {
      rest.worked()
      vi.advanceTimersByTime(1_000)
    }
    expect(collect).not.toHaveBeenCalled()
    vi.advanceTimersByTime(20_000)
    expect(collect).toHaveBeenCalledTimes(1)
  })

  test('not where little would come of it', () => {
    const { collect, rest } = start(35 * mib)
    rest.worked()
    vi.advanceTimersByTime(60_000)
    expect(collect).not.toHaveBeenCalled()
  })

  test('the heap has room while large messages come, and what they left is collected', () => {
    const { collect, setGrowth, rest } = start(21 * mib)
    rest.worked(mib - 1)
    expect(setGrowth).not.toHaveBeenCalled()
    rest.worked(mib)
    rest.worked(10 * mib)
    expect(setGrowth.mock.calls).toEqual([[200]])
    vi.advanceTimersByTime(30_000)
    expect(setGrowth.mock.calls).toEqual([[200], [0]])
    expect(collect).toHaveBeenCalledTimes(1)
    expect(setGrowth.mock.invocationCallOrder[1]).toBeLessThan(collect.mock.invocationCallOrder[0] as number)
    rest.worked(mib)
    expect(setGrowth).toHaveBeenCalledTimes(3)
  })

  test('where there is no way to, the app goes on', () => {
    const { collect, rest } = start(120 * mib)
    collect.mockImplementation(() => {
      throw new ReferenceError('gc is not defined')
    })
    rest.worked()
    expect(() => vi.advanceTimersByTime(60_000)).not.toThrow()
    rest.worked()
    vi.advanceTimersByTime(60_000)
    expect(collect).toHaveBeenCalledTimes(2)
  })

  test('not after the end', () => {
    const { collect, rest } = start(120 * mib)
    rest.worked()
    rest.close()
    vi.advanceTimersByTime(60_000)
    expect(collect).not.toHaveBeenCalled()
  })
})

test('what nobody holds is gone after a collection, and nobody is shown the means afterwards', async () => {
  const lost = new WeakRef({ large: new Uint8Array(mib) })
  await delay(0) // a WeakRef holds its target for the turn it was made in
  collectGarbage()
  expect(lost.deref()).toBeUndefined()
  expect(runInNewContext('typeof gc')).toBe('undefined')
})
