import { IconActivity } from '@tabler/icons-react'
import type { CallRow } from '../../../shared/contract/activity.ts'
import { useNames } from '../../stores/names.ts'
import { useRecent } from '../../stores/recent.ts'
import { t } from '../../texts.ts'
import { EmptyState } from '../../ui/empty-state.tsx'
import { Outcome } from '../../ui/outcome.tsx'
import { ProblemNote } from '../../ui/problem-note.tsx'
import { RowsSkeleton } from '../../ui/rows-skeleton.tsx'
import { Card } from '../../ui/screen.tsx'
import { TimeAgo } from '../../ui/time-ago.tsx'
import classes from './home-screen.module.css'

export function RecentCalls() {
  const { rows, problem } = useRecent()
  if (problem) return <ProblemNote problem={problem} />
  if (!rows) return <RowsSkeleton count={3} height={38} />
  if (rows.length === 0)
    return (
      <Card>
        <EmptyState icon={IconActivity} title={t('home.recent.empty')} text={t('home.recent.emptyText')} />
      </Card>
    )
  return (
    <Card>
      <ul className={classes.calls}>
        {rows.map((row) => (
          <CallLine key={row.id} row={row} />
        ))}
      </ul>
    </Card>
  )
}

function CallLine({ row }: { row: CallRow }) {
  const { nameOfApp, nameOfServer } = useNames()
  return (
    <li className={classes.call}>
      <span className={classes.tool}>{row.target ?? row.method}</span>
      <span className={classes.dim}>
        {nameOfApp(row)} → {nameOfServer(row.server)}
      </span>
      <span>
        <Outcome outcome={row.outcome} />
      </span>
      <span className={`${classes.dim} ${classes.end}`}>
        <TimeAgo time={row.time} />
      </span>
    </li>
  )
}
