import { IconAlertTriangle, IconEye, IconPencil, IconQuestionMark, type TablerIcon } from '@tabler/icons-react'
import type { HealthLevel, Tool } from '../../../shared/contract/health.ts'
import { t } from '../../texts.ts'
import levels from '../../ui/level.module.css'
import classes from './kind-badge.module.css'

const looks: Record<Tool['kind'], { icon: TablerIcon; level: HealthLevel }> = {
  read: { icon: IconEye, level: 'ok' },
  write: { icon: IconPencil, level: 'needs-you' },
  destructive: { icon: IconAlertTriangle, level: 'broken' },
  unknown: { icon: IconQuestionMark, level: 'waiting' },
}

/** What a tool does to things, as its server claims. */
export function KindBadge({ kind }: { kind: Tool['kind'] }) {
  const { icon: Icon, level } = looks[kind]
  return (
    <span className={`${levels[level]} ${classes.kind}`}>
      <Icon size={13} aria-hidden />
      {t(`server.kinds.${kind}`)}
    </span>
  )
}
