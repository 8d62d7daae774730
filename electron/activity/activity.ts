import { type ActivityFilter, CallRow } from '../../shared/contract/activity.ts'
import type { AccountId } from '../../shared/ids.ts'
import { Problem, type ProblemCode, type ProblemData } from '../../shared/problems.ts'
import type { Log } from '../lib/log.ts'
import { createSignal } from '../lib/signal.ts'
import type { Owner } from './activity-files.ts'
import type { NewRow } from './appender.ts'
import { createBacklog } from './backlog.ts'
import { createWorkerClient } from './worker-client.ts'

type Needs = {
  folder: string
  account: () => AccountId | null
  keepDays: () => number
  log: Log
  now: () => Date
  /** The worker's file, where it is not beside this one (a bundle). */
  workerUrl?: URL
  /** Pause between attempts to write to a full disk. */
  retryMs?: number
  /** How many rows wait for room on the disk before the oldest are given up, and that is recorded. */
  maxWaiting?: number
  /** Limits each database, for tests of a full disk; 4 kB each. */
  maxPages?: number
}

// A commit costs more than fifty rows: what a person sees a tenth of a second later is worth a tenth of the CPU.
const flushMs = 100
const firstPruneMs = 2_000
const pruneEveryMs = 60 * 60 * 1000
const longest = { text: 500, message: 2_000 }
const Row = CallRow.omit({ id: true })

/**
 * Knows every call this person's clients made. Recording never throws and never waits; rows are on disk within a moment,
 * in a log of their own for each account. A damaged log is kept aside, and what is missing is itself recorded.
 */
export function createActivity(needs: Needs) {
  const { folder, account, keepDays, log, now, maxPages, retryMs = 2_000, maxWaiting = 20_000 } = needs
  const { workerUrl = new URL('./activity-worker.ts', import.meta.url) } = needs
  const added = createSignal<CallRow[]>()
  const backlog = createBacklog({ maxWaiting })
  let problem: ProblemData | null = null
  let timer: NodeJS.Timeout | undefined
  let closed = false

  const worker = createWorkerClient({
    url: workerUrl,
    data: { folder, maxPages },
    log,
    setAside: (news) => {
      log.error('activity.set-aside', news)
      problem = new Problem('activity.set-aside', news.as).data
    },
  })
  const owner = (): Owner => account() ?? 'local'

  function record(row: NewRow) {
    if (closed) return
    const parsed = Row.safeParse(cap(row))
    if (!parsed.success) return log.error('activity.row-refused', { issues: parsed.error.issues })
    backlog.add(owner(), parsed.data)
    writeSoon(flushMs)
  }

  let writing: Promise<void> | null = null
  function write(): Promise<void> {
    clearTimeout(timer)
    timer = undefined
    writing ??= writeAll().finally(() => {
      writing = null
      if (backlog.size() > 0 && !closed) writeSoon(flushMs)
    })
    return writing
  }
  function writeSoon(ms: number) {
    timer ??= setTimeout(() => void write(), ms)
  }

  /** What waits now. What comes meanwhile waits for the next time: while calls come and go there is always one more. */
  async function writeAll() {
    for (let left = backlog.size(); left > 0; ) {
      const batch = backlog.next()
      if (!batch) return
      left -= batch.rows.length
      try {
        const first = await worker.ask('append', batch)
        backlog.done(batch)
        if (problem?.code === 'activity.not-saved') problem = null
        if (batch.owner === owner()) added.emit(batch.rows.map((row, at) => ({ id: first + at, ...row })))
      } catch (error) {
        fail('activity.not-saved', 'activity.write-failed', error)
        if (!closed) writeSoon(retryMs)
        return
      }
    }
  }

  function fail(code: ProblemCode, event: string, error: unknown) {
    if (problem?.code !== code) log.error(event, { error })
    problem = new Problem(code, error instanceof Error ? error.message : undefined).data
  }

  async function page(query: { before?: number | undefined; limit: number; filter: ActivityFilter }) {
    // What was recorded before the question is in the answer.
    await writing
    await write()
    const found = await worker.ask('page', { owner: owner(), query }).catch((error) => {
      log.error('activity.page-failed', { error })
      throw new Problem('activity.unavailable', error instanceof Error ? error.message : undefined, { cause: error })
    })
    return { ...found, ...(problem ? { problem } : {}) }
  }

  /** Removes what is older than the person wants it kept, in small steps, so that nobody waits for it. */
  async function prune() {
    const olderThan = new Date(now().getTime() - keepDays() * 24 * 60 * 60 * 1000).toISOString()
    for (const each of await worker.ask('owners', {}))
      for (let from: number | null = 0; from !== null && !closed; )
        from = await worker.ask('prune', { owner: each, olderThan, from })
  }
  const pruneQuietly = () => prune().catch((error) => log.warn('activity.prune-failed', { error }))
  const first = setTimeout(pruneQuietly, firstPruneMs).unref()
  const daily = setInterval(pruneQuietly, pruneEveryMs).unref()

  async function close() {
    if (closed) return
    closed = true
    clearTimeout(first)
    clearInterval(daily)
    await writing
    await write()
    clearTimeout(timer)
    if (backlog.size() > 0) log.error('activity.rows-lost', { calls: backlog.size() })
    await worker.close()
  }

  return { page, added: added.on, record, prune, close }
}

/** Names and messages come from clients and servers: a log is not the place for their megabytes. */
const cap = (row: NewRow): NewRow => ({
  ...row,
  clientName: row.clientName?.slice(0, longest.text) ?? null,
  method: row.method.slice(0, longest.text),
  target: row.target?.slice(0, longest.text) ?? null,
  code: row.code?.slice(0, longest.text) ?? null,
  message: row.message?.slice(0, longest.message) ?? null,
})
