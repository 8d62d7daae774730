import { create } from 'zustand'
import type { HealthState, Tool } from '../../shared/contract/health.ts'
import type { ServerId } from '../../shared/ids.ts'
import { type ProblemData, toProblem } from '../../shared/problems.ts'
import { api } from '../api.ts'
import { act, createMirror, openMirror } from './mirror.ts'

export const useHealth = createMirror<HealthState>()
export const openHealth = () => openMirror(useHealth, api.health)

export const recheck = (server: ServerId) => act(useHealth, () => api.health.recheck({ server }))
export const recheckAll = () => act(useHealth, () => api.health.recheckAll())

type Tools = { server: ServerId | null; tools: Tool[] | null; problem: ProblemData | null }

/** The tools of the one server that is shown in detail. */
export const useTools = create<Tools>(() => ({ server: null, tools: null, problem: null }))

/** Reads the tools of a server, again after each of its checks. */
export async function openTools(server: ServerId) {
  useTools.setState({ server, tools: null, problem: null })
  await readTools(server)
  return api.health.changed(() => void readTools(server))
}

async function readTools(server: ServerId) {
  const isShown = () => useTools.getState().server === server
  try {
    const tools = await api.health.tools({ server })
    if (isShown()) useTools.setState({ tools, problem: null })
  } catch (error) {
    if (isShown()) useTools.setState({ problem: toProblem(error) })
  }
}
