import type { Clock } from './clock.ts'

/** Remembers the last value of each name for a while. */
export function createRecent<T>(clock: Clock, forMs: number) {
  const byName = new Map<string, { value: T; atMs: number }>()
  return {
    set: (name: string, value: T) => void byName.set(name, { value, atMs: clock.monotonic() }),
    find(name: string): T | undefined {
      const entry = byName.get(name)
      return entry && clock.monotonic() - entry.atMs < forMs ? entry.value : undefined
    },
    forget: (name: string) => void byName.delete(name),
    clear: () => byName.clear(),
  }
}
