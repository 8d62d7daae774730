import { ActionIcon, CloseButton } from '@mantine/core'
import { IconCopy } from '@tabler/icons-react'
import type { HealthLevel } from '../../shared/contract/health.ts'
import { levelOf } from '../../shared/problem-level.ts'
import type { ProblemData } from '../../shared/problems.ts'
import { detailBeside, findRemedy, type RemedyContext, reportOf } from '../remedies.ts'
import { t } from '../texts.ts'
import { ActionButton } from './action-button.tsx'
import { copyText } from './copy.ts'
import levels from './level.module.css'
import { LevelIcon } from './level.tsx'
import classes from './problem-note.module.css'

type Props = RemedyContext & {
  problem: ProblemData
  level?: HealthLevel
  /** What it is about, where the problem's title does not say. */
  subject?: string
  /** Whose name already stands above it. */
  beside?: string
  onDismiss?: () => void
}

/** A problem as a person meets it everywhere: what, why, its code, one button. */
export function ProblemNote({ problem, level = levelOf(problem), subject, beside, onDismiss, ...context }: Props) {
  const remedy = findRemedy(problem, context)
  const detail = detailBeside(problem, subject ?? beside)
  return (
    <div className={`${levels[level]} ${classes.note}`}>
      <span className={classes.icon}>
        <LevelIcon level={level} />
      </span>
      <div className={classes.body}>
        <div className={classes.title}>{subject ? `${subject}: ${problem.title}` : problem.title}</div>
        {detail && <div className={classes.detail}>{detail}</div>}
        <div className={classes.foot}>
          <span className={classes.code}>{problem.code}</span>
          <ActionIcon
            variant="subtle"
            color="gray"
            size="xs"
            aria-label={t('common.copyDetails')}
            title={t('common.copyDetails')}
            onClick={() => void copyText(reportOf(problem))}
          >
            <IconCopy size={13} />
          </ActionIcon>
        </div>
      </div>
      <div className={classes.side}>
        {remedy && (
          <ActionButton size="xs" variant={level === 'needs-you' ? 'filled' : 'default'} onAct={remedy.run}>
            {remedy.label}
          </ActionButton>
        )}
        {onDismiss && <CloseButton size="sm" aria-label={t('common.dismiss')} onClick={onDismiss} />}
      </div>
    </div>
  )
}
