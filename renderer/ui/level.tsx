import {
  IconAlertCircleFilled,
  IconAlertTriangleFilled,
  IconCircleCheckFilled,
  IconClockHour4,
  IconLoader2,
  IconLock,
  type TablerIcon,
} from '@tabler/icons-react'
import type { HealthLevel } from '../../shared/contract/health.ts'
import { t } from '../texts.ts'
import classes from './level.module.css'

// Shapes differ, not only colours. Signing in is a task, never an alarm.
const icons = {
  ok: IconCircleCheckFilled,
  working: IconLoader2,
  'needs-you': IconAlertCircleFilled,
  waiting: IconClockHour4,
  blocked: IconLock,
  broken: IconAlertTriangleFilled,
}

type Props = { level: HealthLevel; size?: number }

/** The level as a shape; what it means stands beside it as text. */
export function LevelIcon({ level, size = 18 }: Props) {
  const Icon = icons[level]
  const turning = level === 'working' ? classes.turning : ''
  return <Icon size={size} className={`${classes[level]} ${classes.icon} ${turning}`} aria-hidden />
}

/** The level's icon on a soft round ground. */
export function LevelTile({ level, size = 40 }: Props) {
  return (
    <span className={`${classes[level]} ${classes.tile}`} style={{ width: size, height: size }}>
      <LevelIcon level={level} size={Math.round(size * 0.55)} />
    </span>
  )
}

type BadgeProps = { level: HealthLevel; text?: string; icon?: TablerIcon | undefined }

export function LevelBadge({ level, text, icon }: BadgeProps) {
  const Icon = icon ?? icons[level]
  return (
    <span className={`${classes[level]} ${classes.badge}`} data-level={level}>
      <Icon size={14} className={level === 'working' ? classes.turning : ''} aria-hidden />
      {text ?? t(`levels.${level}`)}
    </span>
  )
}
