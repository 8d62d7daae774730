import type { Clock } from './clock.ts'

/** Waits for work no longer than this. The work itself goes on: its outcome still counts for the next who asks. */
export async function inTime<T>(
  work: Promise<T>,
  { clock, ms, late }: { clock: Clock; ms: number; late: () => Error },
) {
  const limit = Promise.withResolvers<never>()
  const cancel = clock.after(ms, () => limit.reject(late()))
  try {
    return await Promise.race([work, limit.promise])
  } finally {
    cancel()
  }
}
