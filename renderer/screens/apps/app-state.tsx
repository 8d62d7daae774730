import { IconCircleDashed } from '@tabler/icons-react'
import type { ClientApp } from '../../../shared/contract/clients.ts'
import type { HealthLevel } from '../../../shared/contract/health.ts'
import { openPath } from '../../stores/app.ts'
import { type ChangeKind, showChange } from '../../stores/clients.ts'
import { t } from '../../texts.ts'
import { ActionButton } from '../../ui/action-button.tsx'
import { LevelBadge } from '../../ui/level.tsx'

const levels: Record<ClientApp['state'], HealthLevel> = {
  'not-installed': 'waiting',
  'not-set-up': 'waiting',
  partly: 'needs-you',
  'set-up': 'ok',
  'needs-repair': 'needs-you',
  unreadable: 'needs-you',
}

export function AppBadge({ app }: { app: ClientApp }) {
  if (app.waiting?.problem) return <LevelBadge level="needs-you" text={t('apps.states.stuck')} />
  if (app.waiting) return <LevelBadge level="waiting" text={t('apps.states.waiting')} />
  // Nothing is being waited for here, so no clock.
  const icon = app.state === 'not-set-up' || app.state === 'not-installed' ? IconCircleDashed : undefined
  return <LevelBadge level={levels[app.state]} text={t(`apps.states.${app.state}`)} icon={icon} />
}

const kinds: Partial<Record<ClientApp['state'], Exclude<ChangeKind, 'undo' | 'restore'>>> = {
  'not-set-up': 'set-up',
  partly: 'update',
  'needs-repair': 'repair',
}
const labels = {
  'set-up': () => t('apps.actions.setUp'),
  update: () => t('apps.actions.update'),
  repair: () => t('apps.actions.repair'),
}

/** The one thing to do with an app in the state it is in. Every change is shown before it is made. */
export function AppButton({ app, quiet = false }: { app: ClientApp; quiet?: boolean }) {
  // What was asked for waits already; the rest is said beside it.
  if (app.waiting) return null
  const kind = kinds[app.state]
  if (kind)
    return (
      <ActionButton
        size="xs"
        variant={quiet ? 'light' : 'filled'}
        onAct={() => showChange(app.id, kind)}
        aria-label={`${labels[kind]()}: ${app.name}`}
      >
        {labels[kind]()}
      </ActionButton>
    )
  if (app.state !== 'unreadable') return null
  return (
    <ActionButton size="xs" variant="default" onAct={() => openPath(app.configPath)}>
      {t('apps.actions.openFile')}
    </ActionButton>
  )
}
