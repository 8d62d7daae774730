import { create } from 'zustand'
import type { ConnectionFacts, NetworkStep } from '../../shared/contract/network.ts'
import type { ServerId } from '../../shared/ids.ts'
import { type ProblemData, toProblem } from '../../shared/problems.ts'
import { api } from '../api.ts'

type Reach = {
  server: ServerId | null
  facts: ConnectionFacts | null
  steps: NetworkStep[] | null
  problem: ProblemData | null
}

/** How the one server that is shown in detail is reached, and its last test. */
export const useReach = create<Reach>(() => ({ server: null, facts: null, steps: null, problem: null }))

const isShown = (server: ServerId) => useReach.getState().server === server

/** Reads how a server was last reached, again after each of its checks. */
export async function openReach(server: ServerId) {
  useReach.setState({ server, facts: null, steps: null, problem: null })
  await readFacts(server)
  return api.health.changed(() => void readFacts(server))
}

async function readFacts(server: ServerId) {
  try {
    const facts = await api.network.facts({ server })
    if (isShown(server)) useReach.setState({ facts })
  } catch (error) {
    if (isShown(server)) useReach.setState({ problem: toProblem(error) })
  }
}

export async function testReach(server: ServerId) {
  try {
    const steps = await api.network.check({ server })
    if (isShown(server)) useReach.setState({ steps, problem: null })
  } catch (error) {
    if (isShown(server)) useReach.setState({ problem: toProblem(error) })
  }
  await readFacts(server)
}
