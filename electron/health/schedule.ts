import type { ServerId } from '../../shared/ids.ts'

const firstMs = 5_000
const longestMs = 5 * 60_000
/** So that two hundred servers are not asked in one second. */
const mostAtOnce = 4

type Needs = { run: (server: ServerId) => Promise<unknown>; random: () => number }

/** When each server is asked next: at once, every five minutes while it works, ever later while it does not. */
export function createSchedule({ run, random }: Needs) {
  const timers = new Map<ServerId, NodeJS.Timeout>()
  const failures = new Map<ServerId, number>()
  const queue = new Set<ServerId>()
  let asked = 0
  let closed = false

  function pump() {
    for (const server of queue) {
      if (closed || asked >= mostAtOnce) return
      queue.delete(server)
      asked += 1
      void run(server).finally(() => {
        asked -= 1
        pump()
      })
    }
  }

  function forget(server: ServerId) {
    clearTimeout(timers.get(server))
    timers.delete(server)
  }

  function soon(server: ServerId) {
    forget(server)
    queue.add(server)
    pump()
  }

  function later(server: ServerId, delayMs: number) {
    forget(server)
    if (closed) return
    // Jitter, so that a company's servers are not asked by everyone in the same second.
    const timer = setTimeout(() => soon(server), delayMs * (0.9 + random() * 0.2))
    timer.unref()
    timers.set(server, timer)
  }

  return {
    soon,
    succeeded(server: ServerId) {
      failures.delete(server)
      later(server, longestMs)
    },
    failed(server: ServerId) {
      const count = failures.get(server) ?? 0
      failures.set(server, count + 1)
      later(server, Math.min(longestMs, firstMs * 2 ** count))
    },
    /** Not asked any more until `soon`. */
    stop(server: ServerId) {
      failures.delete(server)
      queue.delete(server)
      forget(server)
    },
    close() {
      closed = true
      queue.clear()
      for (const server of [...timers.keys()]) forget(server)
    },
  }
}
