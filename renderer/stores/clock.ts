import { create } from 'zustand'

/** The time by which “2 minutes ago” is told. */
export const useClock = create<{ now: Date }>(() => ({ now: new Date() }))

export function openClock() {
  const tick = () => useClock.setState({ now: new Date() })
  tick()
  const timer = setInterval(tick, 15_000)
  return () => clearInterval(timer)
}
