import { create } from 'zustand'
import type { Check } from '../../shared/contract/clients.ts'
import type { ClientId } from '../../shared/ids.ts'
import { type ProblemData, toProblem } from '../../shared/problems.ts'
import { api } from '../api.ts'

/** Whether an app reaches its servers: what stands in its file was started, one app after the other. */
export type Readiness =
  | { client: ClientId; state: 'checking' }
  | { client: ClientId; state: 'ready'; answering: number; total: number }
  | { client: ClientId; state: 'troubled'; problem: ProblemData | null }

export const useReadiness = create<{ apps: Readiness[] }>(() => ({ apps: [] }))

export async function openReadiness(clients: ClientId[]) {
  let isOver = false
  const set = (next: Readiness) =>
    useReadiness.setState(({ apps }) => ({ apps: apps.map((app) => (app.client === next.client ? next : app)) }))
  useReadiness.setState({ apps: clients.map((client) => ({ client, state: 'checking' })) })
  const run = async () => {
    for (const client of clients) {
      const next = await ask(client)
      if (isOver) return
      set(next)
    }
  }
  void run()
  return () => {
    isOver = true
  }
}

const ask = (client: ClientId) =>
  api.clients.verify({ client }).then(
    (checks) => toReadiness(client, checks),
    (error: unknown): Readiness => ({ client, state: 'troubled', problem: toProblem(error) }),
  )

/** One server that answers proves the way; what the others want of the person stands on their own screens. */
export function toReadiness(client: ClientId, checks: Check[]): Readiness {
  const answering = checks.filter(({ state }) => state === 'ok').length
  if (answering > 0) return { client, state: 'ready', answering, total: checks.length }
  const failed = checks.find((check) => check.state === 'failed')
  return { client, state: 'troubled', problem: failed?.problem ?? null }
}
