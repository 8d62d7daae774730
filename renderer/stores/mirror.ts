import { create, type StoreApi } from 'zustand'
import { type ProblemData, toProblem } from '../../shared/problems.ts'

/** What a store knows of a room: its last snapshot, and what went wrong last. `value` is null until the first one. */
export type Mirror<T> = { value: T | null; problem: ProblemData | null }
type Room<T> = { snapshot: () => Promise<T>; changed: (listener: (value: T) => void) => () => void }

export const createMirror = <T>() => create<Mirror<T>>(() => ({ value: null, problem: null }))

/** Listens first and asks second, so that no change falls between; an answer that news has overtaken is dropped. */
export async function openMirror<T>(store: StoreApi<Mirror<T>>, room: Room<T>) {
  let overtaken = false
  const close = room.changed((value) => {
    overtaken = true
    store.setState({ value })
  })
  try {
    const value = await room.snapshot()
    if (!overtaken) store.setState({ value, problem: null })
  } catch (error) {
    store.setState({ problem: toProblem(error) })
  }
  return close
}

/** Does what a person asked for. A failure stands in the store until the next success, beside what is known. */
export async function act<T>(store: StoreApi<Mirror<T>>, work: () => Promise<unknown>) {
  try {
    await work()
    store.setState({ problem: null })
    return true
  } catch (error) {
    store.setState({ problem: toProblem(error) })
    return false
  }
}
