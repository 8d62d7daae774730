import type { Clock } from './clock.ts'

const shortestMs = 1000
const longestMs = 5 * 60_000
const doubtMs = 10_000

/** How long the SSO is left alone after a failure: 1 s doubling to 5 min, with jitter, or as long as it asks. */
export function createBackoff(clock: Clock) {
  let failures = 0
  let untilMs = Number.NEGATIVE_INFINITY
  let doubtedAtMs: number | null = null

  function wait(ms: number) {
    untilMs = clock.monotonic() + ms
    return ms
  }

  return {
    reset() {
      failures = 0
      untilMs = Number.NEGATIVE_INFINITY
      doubtedAtMs = null
    },
    isOver: () => clock.monotonic() >= untilMs,
    failed(askedMs: number | null = null) {
      doubtedAtMs = null
      const ms = Math.min(longestMs, shortestMs * 2 ** Math.min(failures, 16)) * (0.75 + Math.random() / 2)
      failures += 1
      return wait(askedMs ?? ms)
    },
    /** The answer looked like a dead session, or like a gateway’s mistake: asked once more, ten seconds apart. */
    doubt() {
      doubtedAtMs ??= clock.monotonic()
      return wait(doubtMs)
    },
    isDoubtConfirmed: () => doubtedAtMs !== null && clock.monotonic() - doubtedAtMs >= doubtMs,
  }
}
