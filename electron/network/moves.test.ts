import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { watchMoves } from './moves.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

test('tells once for each change of addresses, and nothing after it is closed', () => {
  let addresses = ['wlan0 10.0.0.5']
  const onMoved = vi.fn()
  const moves = watchMoves({ onMoved, read: () => addresses })
  vi.advanceTimersByTime(60_000)
  expect(onMoved).not.toHaveBeenCalled()
  addresses = ['wlan0 10.0.0.5', 'tun0 172.16.0.2']
  vi.advanceTimersByTime(60_000)
  expect(onMoved).toHaveBeenCalledOnce()
  addresses = []
  moves.close()
  vi.advanceTimersByTime(60_000)
  expect(onMoved).toHaveBeenCalledOnce()
})

test('this machine’s own addresses can be read', () => {
  const moves = watchMoves({ onMoved: () => {} })
  moves.close()
})
