import { create } from 'zustand'
import type { CallRow } from '../../shared/contract/activity.ts'
import { type ProblemData, toProblem } from '../../shared/problems.ts'
import { api } from '../api.ts'

type State = {
  /** Null until the log has answered. */
  rows: CallRow[] | null
  total: number
  lastProblem: CallRow | null
  problem: ProblemData | null
}

const shown = 5

/** The last few calls and the last one that went wrong, whatever the Activity screen is filtered by. */
export const useRecent = create<State>(() => ({ rows: null, total: 0, lastProblem: null, problem: null }))

export async function openRecent() {
  const early: CallRow[] = []
  let ready = false
  const close = api.activity.added((added) => {
    if (ready) add(added)
    else early.push(...added)
  })
  try {
    const [{ rows, total }, lastProblem] = await Promise.all([api.activity.page({ limit: shown }), findLastProblem()])
    useRecent.setState({ rows, total, lastProblem, problem: null })
    ready = true
    add(early)
  } catch (error) {
    useRecent.setState({ problem: toProblem(error) })
  }
  return close
}

async function findLastProblem() {
  const outcomes = ['failed', 'error', 'refused'] as const
  const pages = await Promise.all(outcomes.map((outcome) => api.activity.page({ limit: 1, filter: { outcome } })))
  return pages.flatMap(({ rows }) => rows).sort((a, b) => b.id - a.id)[0] ?? null
}

function add(added: CallRow[]) {
  useRecent.setState(({ rows, total, lastProblem }) => {
    const fresh = added.filter(({ id }) => id > (rows?.[0]?.id ?? 0)).reverse()
    return {
      rows: [...fresh, ...(rows ?? [])].slice(0, shown),
      total: total + fresh.length,
      lastProblem: fresh.find(isProblem) ?? lastProblem,
    }
  })
}

const isProblem = ({ outcome }: CallRow) => outcome === 'failed' || outcome === 'error' || outcome === 'refused'
