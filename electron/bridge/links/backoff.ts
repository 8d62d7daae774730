import { setTimeout as delay } from 'node:timers/promises'

type Options = { firstMs: number; mostMs: number; random?: () => number }

/** Waits that double up to a limit, with jitter, so that a hundred links do not come back in the same second. */
export function createBackoff({ firstMs, mostMs, random = Math.random }: Options) {
  let tries = 0
  return {
    nextMs() {
      const full = Math.min(mostMs, firstMs * 2 ** Math.min(tries, 20))
      tries += 1
      return Math.round(full / 2 + (full / 2) * random())
    },
    reset() {
      tries = 0
    },
  }
}

/** Waits, or throws the signal's reason. */
export const wait = (ms: number, signal: AbortSignal) => delay(ms, undefined, { signal })
