import { setTimeout as delay } from 'node:timers/promises'

/** Waits for a condition and not for a time: these tests run on loaded machines. */
export async function until<T>(find: () => T | undefined | false, what = 'it', withinMs = 60_000): Promise<T> {
  const end = performance.now() + withinMs
  for (;;) {
    const found = find()
    if (found !== undefined && found !== false) return found
    if (performance.now() > end) throw new Error(`waited in vain for ${what}`)
    await delay(10)
  }
}
