import type { Clock } from './clock.ts'

const shortestMs = 1000
const longestMs = 5 * 60_000
const longestAskedMs = 3_600_000
const doubtMs = 10_000

/** How long the SSO is left alone after a failure: 1 s doubling to 5 min, with jitter, or as long as it asks. */
export function createBackoff(clock: Clock) {
  let failures = 0
  let untilMs = Number.NEGATIVE_INFINITY
  let doubted = false

  function wait(ms: number) {
    untilMs = clock.monotonic() + ms
    return ms
  }

  return {
    reset() {
      failures = 0
      untilMs = Number.NEGATIVE_INFINITY
      doubted = false
    },
    isOver: () => clock.monotonic() >= untilMs,
    failed(askedMs: number | null = null) {
      doubted = false
      const ms = Math.min(longestMs, shortestMs * 2 ** Math.min(failures, 16)) * (0.75 + Math.random() / 2)
      failures += 1
      return wait(askedMs === null ? ms : Math.min(askedMs, longestAskedMs))
    },
    /** The answer looked like a dead session, or like a gateway’s mistake: asked once more, ten seconds apart. */
    doubt() {
      doubted = true
      return wait(doubtMs)
    },
    /** Whether the next such answer settles it: nothing is asked before the ten seconds are over. */
    isDoubted: () => doubted,
  }
}
