import { Problem } from '../../shared/problems.ts'

type Room<T> = {
  snapshot: () => Promise<T>
  changed: (listener: (state: T) => void) => () => void
  /** Settles when whoever says it has gone. */
  ended: Promise<void>
}

/**
 * The first state from now on that will do. What was said before counts for nothing: it may have been about the time
 * before this command.
 */
export async function awaitState<T>({ snapshot, changed, ended }: Room<T>, isDone: (state: T) => boolean): Promise<T> {
  const later = Promise.withResolvers<T>()
  const stop = changed((next) => {
    if (isDone(next)) later.resolve(next)
  })
  try {
    const now = await snapshot()
    if (isDone(now)) return now
    const gone = ended.then(() => Promise.reject(new Problem('app.not-running', 'it ended before this was finished')))
    return await Promise.race([later.promise, gone])
  } finally {
    stop()
  }
}
