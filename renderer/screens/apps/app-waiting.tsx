import { Group } from '@mantine/core'
import type { ClientApp } from '../../../shared/contract/clients.ts'
import { showChange, withdraw } from '../../stores/clients.ts'
import { t } from '../../texts.ts'
import { ActionButton } from '../../ui/action-button.tsx'
import { ProblemNote } from '../../ui/problem-note.tsx'
import { TimeAgo } from '../../ui/time-ago.tsx'
import classes from './apps-screen.module.css'

type Waiting = NonNullable<ClientApp['waiting']>
const kinds = { apply: 'set-up', undo: 'undo' } as const

/** A change that is made once the app has quit, since when it waits, and the two ways out. */
export function AppWaiting({ app, waiting }: { app: ClientApp; waiting: Waiting }) {
  const { kind, since, problem } = waiting
  return (
    <div className={classes.waiting}>
      <div>
        {t(problem ? 'apps.waiting.failed' : `apps.waiting.${kind}`, { app: app.name })} <TimeAgo time={since} />
      </div>
      {problem && <ProblemNote problem={problem} path={app.configPath} client={app.id} />}
      <Group gap="xs">
        {kind !== 'restore' && (
          <ActionButton size="compact-xs" variant="default" onAct={() => showChange(app.id, kinds[kind])}>
            {t('apps.waiting.look')}
          </ActionButton>
        )}
        <ActionButton size="compact-xs" variant="subtle" onAct={() => withdraw(app.id)}>
          {t('apps.waiting.withdraw')}
        </ActionButton>
      </Group>
    </div>
  )
}
