import type { StoreApi } from 'zustand'
import type { RemedyContext } from '../remedies.ts'
import type { Mirror } from '../stores/mirror.ts'
import { ProblemNote } from './problem-note.tsx'

type Props<T> = RemedyContext & { of: (() => Mirror<T>) & StoreApi<Mirror<T>> }

/** What went wrong with the last thing a person asked of a room; it can be put away. */
export function ProblemBar<T>({ of, ...context }: Props<T>) {
  const { problem } = of()
  if (!problem) return null
  return (
    <div role="alert">
      <ProblemNote problem={problem} {...context} onDismiss={() => of.setState({ problem: null })} />
    </div>
  )
}
