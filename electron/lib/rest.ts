import { getHeapStatistics, setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

type Needs = {
  collect?: () => void
  /** How much the heap may grow before it is looked through, in percent of what is alive; 0: V8’s own choice. */
  setGrowth?: (percent: number) => void
  /** Bytes the process holds for JavaScript, and of those in use. */
  readHeap?: () => { held: number; used: number }
}

const quietMs = 10_000
/** What a hub holds beyond its need after an ordinary hour is less; after a busy minute it is a hundred megabytes. */
const worthCollecting = 16 * 1024 * 1024
/** A message of this size is part of the growth that V8 waits for. */
const large = 1024 * 1024
/**
 * V8 counts buffers as growth of the heap, and a hub’s heap is small: left to itself it looks through all of it for
 * every 9 MB that pass, twice for each echo of 10 MB, a third of what such an echo costs.
 */
const roomForLarge = 200

/**
 * Gives the heap room while large messages come, and gives back memory once the work is done: V8 enlarges its young
 * generation for a busy minute and keeps it for as long as little is allocated. One collection makes it small again,
 * and what else is idle follows within seconds.
 */
export function createRest({ collect = collectGarbage, setGrowth = growHeap, readHeap = heapNow }: Needs = {}) {
  let timer: NodeJS.Timeout | null = null
  let isBusy = false
  let hasRoom = false

  function look() {
    timer = null
    if (isBusy) return wait()
    const hadRoom = hasRoom
    if (hadRoom) setGrowth(0)
    hasRoom = false
    const { held, used } = readHeap()
    // What large messages leave behind is buffers, which the heap’s size does not show.
    if (!hadRoom && held - used < worthCollecting) return
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
    /** Something was done, with messages of so many bytes. It costs no more than this: calls are many. */
    worked(bytes = 0) {
      isBusy = true
      if (bytes >= large && !hasRoom) {
        hasRoom = true
        setGrowth(roomForLarge)
      }
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

/** Flags other than those of the start make V8 do without its cache of compiled code; by then that has been read. */
function growHeap(percent: number) {
  setFlagsFromString(`--heap-growing-percent=${percent}`)
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
