import { IconAlertTriangle, IconArrowBackUp, IconBan, IconCheck, IconX, type TablerIcon } from '@tabler/icons-react'
import type { CallRow } from '../../shared/contract/activity.ts'
import type { HealthLevel } from '../../shared/contract/health.ts'
import { t } from '../texts.ts'
import levels from './level.module.css'
import classes from './outcome.module.css'

const looks: Record<CallRow['outcome'], { icon: TablerIcon; level: HealthLevel }> = {
  ok: { icon: IconCheck, level: 'ok' },
  failed: { icon: IconAlertTriangle, level: 'needs-you' },
  error: { icon: IconX, level: 'broken' },
  refused: { icon: IconBan, level: 'blocked' },
  cancelled: { icon: IconArrowBackUp, level: 'waiting' },
}

export function Outcome({ outcome }: { outcome: CallRow['outcome'] }) {
  const { icon: Icon, level } = looks[outcome]
  return (
    <span className={`${levels[level]} ${classes.outcome}`}>
      <Icon size={15} stroke={2.2} aria-hidden />
      {t(`activity.outcomes.${outcome}`)}
    </span>
  )
}
