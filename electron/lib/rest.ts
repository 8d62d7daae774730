import { getHeapStatistics, setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

type Needs = {
  collect?: () => void
  /** Bytes the process holds for JavaScript, and of those in use. */
  readHeap?: () => { held: number; used: number }
}

const quietMs = 10_000
/** What a hub holds beyond its need after an ordinary hour is less; after a busy minute it is a hundred megabytes. */
const worthCollecting = 16 * 1024 * 1024

/**
 * Gives back memory once the work is done: V8 enlarges its young generation for a busy minute and keeps it for as long
 * as little is allocated. One collection makes it small again, and what else is idle follows within seconds.
 */
export function createRest({ collect = collectGarbage, readHeap = heapNow }: Needs = {}) {
  let timer: NodeJS.Timeout | null = null
  let isBusy = false

  function look() {
    timer = null
    if (isBusy) return wait()
    const { held, used } = readHeap()
    if (held - used < worthCollecting) return
    try {
      collect()
    } catch {
      // An engine that shows no way in collects when it likes: nothing is lost but the memory.
    }
  }
  function wait() {
    isBusy = false
    timer = setTimeout(look, quietMs).unref()
  }
  return {
    /** Something was done. It costs no more than this: calls are many. */
    worked() {
      isBusy = true
      if (!timer) wait()
    },
    close() {
      if (timer) clearTimeout(timer)
    },
  }
}

function heapNow() {
  const { total_heap_size: held, used_heap_size: used } = getHeapStatistics()
  return { held, used }
}

/** Node shows `gc` to contexts that are made under this flag, and to no other way in. */
export function collectGarbage() {
  setFlagsFromString('--expose-gc')
  try {
    const gc = runInNewContext('gc') as () => void
    gc()
  } finally {
    // Back at once: with other flags than at its start V8 does without its cache of compiled code.
    setFlagsFromString('--no-expose-gc')
  }
}
