import type { Log } from '../lib/log.ts'

/** Work that nobody waits for, except whoever closes the room. */
export function createBackground(log: Log) {
  const running = new Set<Promise<void>>()
  return {
    run(work: Promise<unknown>) {
      const done = work.then(
        () => {},
        (error: unknown) => log.error('background.failed', { error }),
      )
      running.add(done)
      void done.finally(() => running.delete(done))
    },
    settled: () => Promise.all(running),
  }
}
