import type { App } from 'electron'
import type { Log } from '../lib/log.ts'

type Needs = {
  app: Pick<App, 'on' | 'quit'>
  /** Ends the core: sessions closed, files written. */
  close: () => Promise<void>
  limitMs: number
  log: Log
}

/**
 * First the core ends, then the windows, then the process. A core that does not end in time is left: all it keeps on
 * disk survives a kill at any moment. `hurry` is for a machine that is shutting down, which must not be held up.
 */
export function createQuitOrder({ app, close, limitMs, log }: Needs) {
  let state: 'running' | 'closing' | 'closed' = 'running'

  app.on('before-quit', (event) => {
    if (state === 'closed') return
    event.preventDefault()
    if (state === 'closing') return
    state = 'closing'
    void closeInTime(close, limitMs, log).then(() => {
      state = 'closed'
      app.quit()
    })
  })
  return {
    isQuitting: () => state !== 'running',
    hurry: () => {
      state = 'closed'
    },
  }
}

async function closeInTime(close: () => Promise<void>, limitMs: number, log: Log) {
  let timer: NodeJS.Timeout | undefined
  const limit = new Promise<'late'>((resolve) => {
    timer = setTimeout(resolve, limitMs, 'late')
  })
  try {
    if ((await Promise.race([close(), limit])) === 'late') log.warn('app.ended-late', { limitMs })
  } catch (error) {
    log.error('app.close-failed', { error })
  } finally {
    clearTimeout(timer)
  }
}
