import type { Owner } from './activity-files.ts'
import type { Gap } from './activity-store.ts'
import type { NewRow } from './appender.ts'

type Waiting = { owner: Owner; row: NewRow }
export type Batch = { owner: Owner; rows: NewRow[]; gap: Gap | null }

const batchSize = 500

/** Rows on their way to the disk, in order. When too many wait the oldest go, and how many is remembered until written. */
export function createBacklog({ maxWaiting }: { maxWaiting: number }) {
  let waiting: Waiting[] = []
  const gaps = new Map<Owner, Gap & { calls: number }>()
  /** How many of the first are with the worker now: they are not given up. */
  let inHand = 0

  function giveUp() {
    const [lost] = waiting.splice(inHand, 1)
    if (!lost) return
    const since = gaps.get(lost.owner)?.since ?? lost.row.time
    const calls = (gaps.get(lost.owner)?.calls ?? 0) + 1
    gaps.set(lost.owner, { reason: 'the disk could not be written', calls, since, until: lost.row.time })
  }

  return {
    add: (owner: Owner, row: NewRow) => {
      waiting.push({ owner, row })
      if (waiting.length > maxWaiting) giveUp()
    },
    /** The next rows of one owner; ask again only after `done`, or to try the same again. */
    next: (): Batch | null => {
      const owner = waiting[0]?.owner
      inHand = 0
      if (owner === undefined) return null
      while (inHand < batchSize && waiting[inHand]?.owner === owner) inHand += 1
      const gap = gaps.get(owner)
      return { owner, rows: waiting.slice(0, inHand).map(({ row }) => row), gap: gap ? { ...gap } : null }
    },
    done: ({ owner, rows, gap }: Batch) => {
      waiting = waiting.slice(rows.length)
      inHand = 0
      if (!gap) return
      const left = gaps.get(owner)
      if (left && left.calls > (gap.calls ?? 0)) gaps.set(owner, { ...left, calls: left.calls - (gap.calls ?? 0) })
      else gaps.delete(owner)
    },
    size: () => waiting.length,
  }
}
