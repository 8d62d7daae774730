// biome-ignore-all lint/a11y/useSemanticElements: rows are placed by hand, which a <table> does not allow
// biome-ignore-all lint/a11y/useFocusableInteractive: the grid has the focus and names the active row
import { memo } from 'react'
import type { CallRow } from '../../../shared/contract/activity.ts'
import { useClock } from '../../stores/clock.ts'
import { useNames } from '../../stores/names.ts'
import { formatDateTime, formatDuration, formatShortTime } from '../../ui/format.ts'
import { Outcome } from '../../ui/outcome.tsx'
import classes from './activity-screen.module.css'

type Props = { row: CallRow; index: number; start: number; active: boolean; onShow: (row: CallRow) => void }

export const CallLine = memo(function CallLine({ row, index, start, active, onShow }: Props) {
  const { nameOfApp, nameOfServer } = useNames()
  // By day: a tick of the clock alone draws no row again.
  const day = useClock((clock) => clock.now.toDateString())
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the grid around it takes the keys
    <div
      id={`call-${row.id}`}
      className={classes.row}
      role="row"
      aria-rowindex={index + 2}
      aria-selected={active}
      style={{ transform: `translateY(${start}px)` }}
      onClick={() => onShow(row)}
    >
      <span role="gridcell" className={classes.time} title={formatDateTime(row.time)}>
        {formatShortTime(row.time, new Date(day))}
      </span>
      <span role="gridcell">{nameOfApp(row)}</span>
      <span role="gridcell">{nameOfServer(row.server)}</span>
      <span role="gridcell" className={classes.tool} title={row.target ?? row.method}>
        {row.target ?? row.method}
      </span>
      <span role="gridcell">
        <Outcome outcome={row.outcome} />
      </span>
      <span role="gridcell" className={classes.duration}>
        {formatDuration(row.durationMs)}
      </span>
    </div>
  )
})
