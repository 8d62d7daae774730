import { create } from 'zustand'
import type { ActivityFilter, CallRow } from '../../shared/contract/activity.ts'
import { type ProblemData, toProblem } from '../../shared/problems.ts'
import { api } from '../api.ts'
import { matches } from './activity-filter.ts'
import { showScreen } from './view.ts'

type State = {
  filter: ActivityFilter
  status: 'loading' | 'ready' | 'failed'
  /** Newest first: the top of the log, as far as it was read. */
  rows: CallRow[]
  /** What arrived while the person was reading further down, newest first. */
  waiting: CallRow[]
  next: number | null
  total: number
  loadingMore: boolean
  /** True while the newest row is in view: new rows then show at once. */
  following: boolean
  problem: ProblemData | null
  /** Counts the questions asked anew, so that a late answer to an old one is known. */
  question: number
}

const pageSize = 200
// While following, rows far below the fold are let go, so that a window open for weeks does not grow.
const keptWhileFollowing = 1000
export const mostWaiting = 999

const start = { rows: [], waiting: [], next: null, total: 0, loadingMore: false, problem: null }
export const useActivity = create<State>(() => ({
  ...start,
  filter: {},
  status: 'loading',
  following: true,
  question: 0,
}))

/** Mirrors the top of the log and follows it. */
export async function openActivity() {
  const close = api.activity.added(receive)
  await reload()
  return close
}

export async function reload() {
  const { filter, question } = useActivity.getState()
  const current = question + 1
  useActivity.setState({ ...start, status: 'loading', following: true, question: current })
  try {
    const { rows, next, total } = await api.activity.page({ limit: pageSize, filter })
    if (useActivity.getState().question !== current) return
    // What was added while the page was on its way is either in it or newer than it.
    const newer = useActivity.getState().waiting.filter((row) => row.id > (rows[0]?.id ?? 0))
    useActivity.setState({ rows: [...newer, ...rows], waiting: [], next, total: total + newer.length, status: 'ready' })
  } catch (error) {
    if (useActivity.getState().question === current)
      useActivity.setState({ status: 'failed', problem: toProblem(error) })
  }
}

export async function loadMore() {
  const { next, loadingMore, filter, question, status } = useActivity.getState()
  if (next === null || loadingMore || status !== 'ready') return
  useActivity.setState({ loadingMore: true, problem: null })
  const isCurrent = () => useActivity.getState().question === question
  try {
    const page = await api.activity.page({ before: next, limit: pageSize, filter })
    if (!isCurrent()) return
    useActivity.setState(({ rows }) => ({ rows: [...rows, ...page.rows], next: page.next, loadingMore: false }))
  } catch (error) {
    if (isCurrent()) useActivity.setState({ problem: toProblem(error), loadingMore: false })
  }
}

export function setFilter(change: { [K in keyof ActivityFilter]: ActivityFilter[K] | undefined }) {
  const filter = Object.fromEntries(
    Object.entries({ ...useActivity.getState().filter, ...change }).filter(([, value]) => value),
  ) as ActivityFilter
  useActivity.setState({ filter })
  return reload()
}

/** Goes to the calls of one server or app; the screen asks for them when it opens. */
export function showCalls(filter: ActivityFilter) {
  useActivity.setState({ filter })
  showScreen('activity')
}

export const clearFilter = () => {
  useActivity.setState({ filter: {} })
  return reload()
}

export function setFollowing(following: boolean) {
  if (useActivity.getState().following === following) return
  useActivity.setState({ following })
  if (following) showWaiting()
}

/** Puts what has arrived on top. Too much of it is read again as a page instead. */
export function showWaiting() {
  const { waiting } = useActivity.getState()
  if (waiting.length >= mostWaiting) return void reload()
  useActivity.setState(({ rows }) => ({ rows: [...waiting, ...rows], waiting: [], following: true }))
}

function receive(added: CallRow[]) {
  const { filter, rows, waiting, following, status, total, loadingMore } = useActivity.getState()
  const newest = waiting[0]?.id ?? rows[0]?.id ?? 0
  const fresh = added.filter((row) => row.id > newest && matches(row, filter)).reverse()
  if (fresh.length === 0 || status === 'failed') return
  if (status === 'loading') return useActivity.setState({ waiting: [...fresh, ...waiting] })
  if (!following)
    return useActivity.setState({ waiting: [...fresh, ...waiting].slice(0, mostWaiting), total: total + fresh.length })
  const all = [...fresh, ...rows]
  // Not while a page is on its way: it continues from the last row.
  const kept = loadingMore ? all : all.slice(0, keptWhileFollowing)
  const cut = kept.length < all.length ? { next: kept.at(-1)?.id ?? null } : {}
  useActivity.setState({ rows: kept, total: total + fresh.length, ...cut })
}
