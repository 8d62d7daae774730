import { type KeyboardEvent, useCallback, useState } from 'react'
import type { CallRow } from '../../../shared/contract/activity.ts'

type Given = {
  rows: CallRow[]
  onShow: (row: CallRow) => void
  onMove: (index: number) => void
  pageRows: number
}

/** Moves through a table by keyboard: the table keeps the focus and one row is active (WAI-ARIA grid). */
export function useRowKeys({ rows, onShow, onMove, pageRows }: Given) {
  const [active, setActive] = useState<number | null>(null)

  const show = useCallback(
    (row: CallRow) => {
      setActive(row.id)
      onShow(row)
    },
    [onShow],
  )

  function onKeyDown(event: KeyboardEvent) {
    // Keys of the buttons inside are theirs.
    if (event.target !== event.currentTarget) return
    const at = rows.findIndex(({ id }) => id === active)
    const row = rows[at]
    if ((event.key === 'Enter' || event.key === ' ') && row) {
      event.preventDefault()
      return show(row)
    }
    const target = targetOf(event.key, { at, last: rows.length - 1, page: Math.max(pageRows - 2, 1) })
    const next = target === null ? undefined : rows[target]
    if (target === null || !next) return
    event.preventDefault()
    setActive(next.id)
    onMove(target)
  }
  return { active, show, onKeyDown }
}

export function targetOf(key: string, { at, last, page }: { at: number; last: number; page: number }) {
  const steps: Record<string, number> = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page }
  if (key === 'Home') return 0
  if (key === 'End') return last
  const step = steps[key]
  return step === undefined ? null : Math.min(Math.max(at + step, 0), last)
}
