import { performance } from 'node:perf_hooks'

/** Time as this room sees it; tests bring their own. */
export type Clock = {
  now: () => Date
  /** Milliseconds that no change of the wall clock moves. */
  monotonic: () => number
  /** Runs once, later, unless the returned function is called first. Never keeps the process alive. */
  after: (ms: number, run: () => void) => () => void
}

const longestTimerMs = 2 ** 31 - 1

export function createSystemClock(): Clock {
  return {
    now: () => new Date(),
    monotonic: () => performance.now(),
    after(ms, run) {
      const timer = setTimeout(run, Math.min(Math.max(ms, 0), longestTimerMs))
      timer.unref()
      return () => clearTimeout(timer)
    },
  }
}

/**
 * When something ends, on both clocks: the monotonic one stands still while a laptop sleeps, the wall clock can be
 * set. Whichever says “over” first is believed.
 */
export type Expiry = { wallMs: number; monotonicMs: number; lifeMs: number }

export const expiryIn = (clock: Clock, lifeMs: number): Expiry => ({
  wallMs: clock.now().getTime() + lifeMs,
  monotonicMs: clock.monotonic() + lifeMs,
  lifeMs,
})

/** After a restart only the wall clock is left. A clock set back must not make a token live longer than it ever could. */
export function restoreExpiry(clock: Clock, { wallMs, lifeMs }: { wallMs: number; lifeMs: number }): Expiry {
  const leftMs = Math.min(wallMs - clock.now().getTime(), lifeMs)
  return { wallMs, monotonicMs: clock.monotonic() + leftMs, lifeMs }
}

export const remainingMs = (clock: Clock, expiry: Expiry) =>
  Math.min(expiry.wallMs - clock.now().getTime(), expiry.monotonicMs - clock.monotonic())

/** How wrong this computer’s clock is, for a person: “3 minutes behind”. */
export function describeOffset(offsetMs: number) {
  const minutes = Math.max(1, Math.round(Math.abs(offsetMs) / 60_000))
  const [count, unit] =
    minutes < 120
      ? [minutes, 'minute']
      : minutes < 2880
        ? [Math.round(minutes / 60), 'hour']
        : [Math.round(minutes / 1440), 'day']
  return `${count} ${unit}${count === 1 ? '' : 's'} ${offsetMs > 0 ? 'behind' : 'ahead'}`
}
