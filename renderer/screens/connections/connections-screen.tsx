import { IconKey, IconRefresh } from '@tabler/icons-react'
import { openConnections, renewAll, useConnections } from '../../stores/connections.ts'
import { useVault } from '../../stores/vault.ts'
import { t } from '../../texts.ts'
import { ActionButton } from '../../ui/action-button.tsx'
import { EmptyState } from '../../ui/empty-state.tsx'
import { ProblemBar } from '../../ui/problem-bar.tsx'
import { RowsSkeleton } from '../../ui/rows-skeleton.tsx'
import { Card, Screen } from '../../ui/screen.tsx'
import { ConnectionRow } from './connection-row.tsx'
import classes from './connections-screen.module.css'

/** One place for every sign-in: what is connected, what ended, what wants the person. */
export function ConnectionsScreen() {
  const connections = useConnections(({ value }) => value)
  const loading = useConnections(({ value, problem }) => !value && !problem)
  return (
    <Screen
      title={t('connections.title')}
      note={<Note />}
      actions={
        <ActionButton variant="default" leftSection={<IconRefresh size={16} aria-hidden />} onAct={renewAll}>
          {t('connections.renewAll')}
        </ActionButton>
      }
    >
      <ProblemBar of={useConnections} {...(connections ? {} : { onRetry: openConnections })} />
      {loading && <RowsSkeleton count={4} height={60} />}
      {connections && (
        <Card>
          {connections.length === 0 ? (
            <EmptyState icon={IconKey} title={t('connections.empty.title')} text={t('connections.empty.text')} />
          ) : (
            <ul className={classes.list} aria-label={t('connections.list')}>
              {connections.map((connection) => (
                <ConnectionRow key={connection.id} connection={connection} />
              ))}
            </ul>
          )}
        </Card>
      )}
    </Screen>
  )
}

function Note() {
  const backend = useVault(({ value }) => value?.backend)
  return `${t('connections.subtitle')} ${backend ? t(`connections.keptIn.${backend}`) : ''}`
}
