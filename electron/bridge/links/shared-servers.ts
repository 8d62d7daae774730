import type { Log } from '../../lib/log.ts'
import { createSharedServer } from './shared-server.ts'
import type { LocalServer } from './stdio-process.ts'

type Way = {
  /** What tells one server from another: everything it is started with. */
  key: string
  start: () => Promise<LocalServer>
  maxMessageBytes: number
  closeMs: number
  log: Log
}
type Entry = {
  /** Gives a client its place, once the process runs. */
  join: () => Promise<LocalServer>
  stop: () => Promise<void>
}

type Needs = {
  version: string
  /** Whose sessions they are: nobody meets what a process was told for another account. */
  account?: () => string | null
  /** How long a process is kept for whoever comes next. */
  emptyMs?: number
}

/**
 * The local servers that all sessions use together: one process each, started by whoever comes first, ended when the
 * last one has been gone for a while. A process that ended by itself is started again by those who used it.
 */
export function createSharedServers({ version, account = () => null, emptyMs = 60_000 }: Needs) {
  const entries = new Map<string, Entry>()

  function open({ key, start, maxMessageBytes, closeMs, log }: Way): Entry {
    let linger: NodeJS.Timeout | undefined
    let wanted = 0
    const forget = () => void (entries.get(key) === entry && entries.delete(key))
    const running = start().then((process) => {
      void process.exited.then(forget)
      return { process, shared: createSharedServer({ process, version, maxMessageBytes, log, left: rest }) }
    })
    running.catch(forget)

    /** Nobody uses it now. */
    async function rest() {
      const { shared } = await running
      clearTimeout(linger)
      if (shared.isEmpty() && wanted === 0) linger = setTimeout(() => void stop(), emptyMs).unref()
    }
    async function stop() {
      clearTimeout(linger)
      forget()
      const up = await running.catch(() => null)
      if (up) log.info('process.stopped', { shared: true })
      await up?.process.stop(closeMs)
    }
    const entry: Entry = {
      stop,
      async join() {
        clearTimeout(linger)
        wanted += 1
        try {
          return (await running).shared.join()
        } finally {
          wanted -= 1
        }
      },
    }
    return entry
  }

  return {
    join(way: Way): Promise<LocalServer> {
      const key = `${account() ?? ''} ${way.key}`
      const entry = entries.get(key) ?? open({ ...way, key })
      entries.set(key, entry)
      return entry.join()
    },
    async close() {
      await Promise.all([...entries.values()].map(({ stop }) => stop()))
    },
  }
}
export type SharedServers = ReturnType<typeof createSharedServers>
