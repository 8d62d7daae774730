import { create } from 'zustand'
import { type ProblemData, toProblem } from '../../shared/problems.ts'
import { api } from '../api.ts'

type State = { text: string | null; problem: ProblemData | null }

/** The redacted text for a help desk, as the core wrote it last. */
export const useDiagnostics = create<State>(() => ({ text: null, problem: null }))

export async function readDiagnostics() {
  try {
    const text = await api.app.diagnostics()
    useDiagnostics.setState({ text, problem: null })
    return text
  } catch (error) {
    useDiagnostics.setState({ problem: toProblem(error) })
    return null
  }
}
