import { Button, Title } from '@mantine/core'
import { IconApps } from '@tabler/icons-react'
import type { ClientApp } from '../../../shared/contract/clients.ts'
import { useClients } from '../../stores/clients.ts'
import { passApps } from '../../stores/welcome.ts'
import { t } from '../../texts.ts'
import { EmptyState } from '../../ui/empty-state.tsx'
import { Monogram } from '../../ui/monogram.tsx'
import { ProblemBar } from '../../ui/problem-bar.tsx'
import { RowsSkeleton } from '../../ui/rows-skeleton.tsx'
import { AppBadge, AppButton } from '../apps/app-state.tsx'
import { ChangeDialog } from '../apps/change-dialog.tsx'
import classes from './welcome-screen.module.css'

export function AppsStep() {
  const clients = useClients(({ value }) => value)
  const found = clients?.filter(({ installed }) => installed)
  const isAnySetUp = found?.some(({ state, waiting }) => state === 'set-up' || waiting)
  const none = found?.length === 0
  return (
    <>
      <Title order={2}>{t('welcome.apps.title')}</Title>
      <p>{t('welcome.apps.text')}</p>
      <ProblemBar of={useClients} />
      {!found && <RowsSkeleton count={3} height={48} />}
      {none && <EmptyState icon={IconApps} title={t('welcome.apps.none')} text={t('welcome.apps.noneText')} />}
      {found && !none && (
        <ul className={classes.apps}>
          {found.map((app) => (
            <AppLine key={app.id} app={app} isAnySetUp={isAnySetUp === true} />
          ))}
        </ul>
      )}
      <Button size="md" variant={isAnySetUp || none ? 'filled' : 'default'} onClick={passApps}>
        {isAnySetUp ? t('welcome.apps.next') : t('welcome.apps.nextNone')}
      </Button>
      <ChangeDialog />
    </>
  )
}

function AppLine({ app, isAnySetUp }: { app: ClientApp; isAnySetUp: boolean }) {
  return (
    <li className={classes.app}>
      <Monogram name={app.name} />
      <div className={classes.name}>
        {app.name}
        <Hint app={app} />
      </div>
      <AppBadge app={app} />
      <AppButton app={app} quiet={isAnySetUp} />
    </li>
  )
}

function Hint({ app: { toFinish, version } }: { app: ClientApp }) {
  const text = toFinish ?? (version && t('apps.version', { version }))
  return text && <span>{text}</span>
}
