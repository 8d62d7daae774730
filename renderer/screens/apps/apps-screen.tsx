import { IconApps, IconRefresh } from '@tabler/icons-react'
import type { ClientApp } from '../../../shared/contract/clients.ts'
import { useApp } from '../../stores/app.ts'
import { countApps, rescan, useClients } from '../../stores/clients.ts'
import { t } from '../../texts.ts'
import { ActionButton } from '../../ui/action-button.tsx'
import { EmptyState } from '../../ui/empty-state.tsx'
import { Monogram } from '../../ui/monogram.tsx'
import { ProblemBar } from '../../ui/problem-bar.tsx'
import { RowsSkeleton } from '../../ui/rows-skeleton.tsx'
import { Card, Screen, Section } from '../../ui/screen.tsx'
import { AllApps } from './all-apps.tsx'
import { AppDrawer } from './app-drawer.tsx'
import { AppRow } from './app-row.tsx'
import classes from './apps-screen.module.css'
import { ChangeDialog } from './change-dialog.tsx'

export function AppsScreen() {
  const clients = useClients(({ value }) => value)
  const loading = useClients(({ value, problem }) => !value && !problem)
  const counts = clients && countApps(clients)
  return (
    <Screen
      title={t('apps.title')}
      note={counts && counts.total > 0 && t('apps.subtitle', { ready: counts.ready, count: counts.total })}
      actions={
        <ActionButton variant="default" leftSection={<IconRefresh size={16} aria-hidden />} onAct={rescan}>
          {t('apps.rescan')}
        </ActionButton>
      }
    >
      <ProblemBar of={useClients} onRetry={rescan} />
      <ProblemBar of={useApp} />
      {loading && <RowsSkeleton count={4} height={64} />}
      {clients && <Found apps={clients.filter(({ installed }) => installed)} />}
      {clients && <Missing apps={clients.filter(({ installed }) => !installed)} />}
      {clients && <AllApps apps={clients} />}
      <ChangeDialog />
      <AppDrawer />
    </Screen>
  )
}

function Found({ apps }: { apps: ClientApp[] }) {
  if (apps.length === 0)
    return (
      <Card>
        <EmptyState icon={IconApps} title={t('apps.empty.title')} text={t('apps.empty.text')} />
      </Card>
    )
  return (
    <Card>
      <ul className={classes.list} aria-label={t('apps.found')}>
        {apps.map((app) => (
          <AppRow key={app.id} app={app} />
        ))}
      </ul>
    </Card>
  )
}

function Missing({ apps }: { apps: ClientApp[] }) {
  if (apps.length === 0) return null
  return (
    <Section title={t('apps.notFound')}>
      <ul className={classes.missing}>
        {apps.map(({ id, name }) => (
          <li key={id}>
            <Monogram name={name} size={22} quiet />
            {name}
          </li>
        ))}
      </ul>
    </Section>
  )
}
