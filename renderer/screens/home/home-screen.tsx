import { Anchor, Skeleton, VisuallyHidden } from '@mantine/core'
import { IconServerOff } from '@tabler/icons-react'
import type { Need } from '../../../shared/contract/health.ts'
import { askIt } from '../../remedies.ts'
import { useApp } from '../../stores/app.ts'
import { findAccount, useAuth } from '../../stores/auth.ts'
import { useCatalog } from '../../stores/catalog.ts'
import { recheck, useHealth } from '../../stores/health.ts'
import { openRecent } from '../../stores/recent.ts'
import { useOpened } from '../../stores/use-opened.ts'
import { hashOf } from '../../stores/view.ts'
import { t } from '../../texts.ts'
import { ActionButton } from '../../ui/action-button.tsx'
import { EmptyState } from '../../ui/empty-state.tsx'
import { LevelTile } from '../../ui/level.tsx'
import { ProblemBar } from '../../ui/problem-bar.tsx'
import { ProblemNote } from '../../ui/problem-note.tsx'
import { Card, Screen, Section } from '../../ui/screen.tsx'
import classes from './home-screen.module.css'
import { RecentCalls } from './recent-calls.tsx'
import { Tiles } from './tiles.tsx'

export function HomeScreen() {
  useOpened(openRecent)
  const health = useHealth(({ value }) => value)
  const account = findAccount(useAuth(({ value }) => value))
  const needs = health?.needs
  return (
    <Screen
      sign={health ? <LevelTile level={health.overall} size={46} /> : <Skeleton circle height={46} />}
      title={health?.sentence ?? <LoadingTitle />}
      note={account && t('home.greeting', { name: account.name })}
    >
      <ProblemBar of={useHealth} />
      <ProblemBar of={useAuth} />
      {needs && needs.length > 0 && <Needs needs={needs} />}
      <NoServers />
      <Tiles />
      <Section
        title={t('home.recent.title')}
        aside={
          <Anchor className={classes.more} href={hashOf('activity')}>
            {t('home.recent.all')}
          </Anchor>
        }
      >
        <RecentCalls />
      </Section>
    </Screen>
  )
}

function LoadingTitle() {
  return (
    <>
      <VisuallyHidden>{t('common.loading')}</VisuallyHidden>
      <Skeleton height={26} width={240} />
    </>
  )
}

function Needs({ needs }: { needs: Need[] }) {
  return (
    <Section title={t('home.needs.title')}>
      <ul className={classes.needs}>
        {needs.map(({ id, subject, level, problem, server }) => (
          <li key={id}>
            <ProblemNote
              problem={problem}
              level={level}
              subject={subject}
              client={id.startsWith('client:') ? id.slice('client:'.length) : undefined}
              server={server ?? undefined}
              onRetry={server === null ? undefined : () => recheck(server)}
            />
          </li>
        ))}
      </ul>
    </Section>
  )
}

/** Signed in, the list is there, and it is empty: only the company can change that. */
function NoServers() {
  const catalog = useCatalog(({ value }) => value)
  const signedIn = useAuth(({ value }) => value?.state === 'signed-in')
  const supportUrl = useApp(({ value }) => value?.company?.supportUrl)
  if (!signedIn || !catalog || catalog.fetchedAt === null || catalog.servers.some(({ allowed }) => allowed)) return null
  return (
    <Card>
      <EmptyState icon={IconServerOff} title={t('home.empty.title')} text={t('home.empty.text')}>
        {supportUrl && (
          <ActionButton
            variant="default"
            onAct={() => askIt({ code: 'internal', title: t('home.empty.title'), remedy: 'ask-it' })}
          >
            {t('home.empty.action')}
          </ActionButton>
        )}
      </EmptyState>
    </Card>
  )
}
