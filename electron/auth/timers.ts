import type { Clock } from './clock.ts'

/** Timers by name: starting one again replaces it, so that no cause is waited for twice. */
export function createTimers(clock: Clock) {
  const running = new Map<string, () => void>()

  function stop(name: string) {
    running.get(name)?.()
    running.delete(name)
  }

  return {
    start(name: string, delayMs: number, run: () => void) {
      stop(name)
      running.set(name, clock.after(Math.max(0, delayMs), run))
    },
    stop,
    stopAll() {
      for (const name of [...running.keys()]) stop(name)
    },
  }
}
