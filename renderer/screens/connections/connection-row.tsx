import { IconCircleDashed } from '@tabler/icons-react'
import type { Connection } from '../../../shared/contract/connections.ts'
import type { HealthLevel } from '../../../shared/contract/health.ts'
import { useClock } from '../../stores/clock.ts'
import { connect } from '../../stores/connections.ts'
import { t } from '../../texts.ts'
import { formatMoment } from '../../ui/format.ts'
import { LevelBadge } from '../../ui/level.tsx'
import { Monogram } from '../../ui/monogram.tsx'
import { ProblemNote } from '../../ui/problem-note.tsx'
import { ConnectionActions } from './connection-actions.tsx'
import classes from './connections-screen.module.css'

// A sign-in that ended is a task of the person's, never an alarm.
const levels: Record<Connection['state'], HealthLevel> = {
  ok: 'ok',
  none: 'waiting',
  'needs-you': 'needs-you',
  expired: 'needs-you',
  refused: 'blocked',
  offline: 'waiting',
  asks: 'needs-you',
  connecting: 'working',
}

export function ConnectionRow({ connection }: { connection: Connection }) {
  const { id, name, state, problem } = connection
  const now = useClock((clock) => clock.now)
  return (
    <li className={classes.row}>
      <div className={classes.line}>
        <Monogram name={name} quiet={state === 'none'} />
        <div>
          <div className={classes.name}>{name}</div>
          <div className={classes.text}>{toText(connection, now)}</div>
        </div>
        <LevelBadge
          level={levels[state]}
          text={t(`connections.states.${state}`)}
          icon={state === 'none' ? IconCircleDashed : undefined}
        />
        <ConnectionActions connection={connection} />
      </div>
      {problem && (
        <div className={classes.problem}>
          {/* The row's own buttons do what the problem asks for. */}
          <ProblemNote
            problem={{ ...problem, remedy: remedyBeside(problem.remedy) }}
            level={levels[state]}
            onRetry={() => connect(id)}
          />
        </div>
      )}
    </li>
  )
}

const ownRemedies = new Set(['connect', 'enter-key', 'sign-in'])
const remedyBeside = <R extends string>(remedy: R) => (ownRemedies.has(remedy) ? 'none' : remedy)

function toText({ kind, account, issuer, state, since, expiresAt }: Connection, now: Date) {
  const parts = [
    t(`connections.kinds.${kind}`),
    account && t('connections.asAccount', { account }),
    issuer && URL.canParse(issuer) && new URL(issuer).host,
    since && t('connections.since', { time: formatMoment(since, now) }),
    state === 'ok' && expiresAt && t('connections.until', { time: formatMoment(expiresAt, now) }),
  ]
  return parts.filter(Boolean).join(' · ')
}
