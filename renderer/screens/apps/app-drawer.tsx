import { Button, Drawer, Group, Stack } from '@mantine/core'
import { IconArrowBackUp, IconFileText } from '@tabler/icons-react'
import type { ClientApp, EntryState } from '../../../shared/contract/clients.ts'
import type { HealthLevel } from '../../../shared/contract/health.ts'
import { showCalls } from '../../stores/activity.ts'
import { openPath } from '../../stores/app.ts'
import { openBackups, rescan, showChange, showCopy, useBackups, useClients } from '../../stores/clients.ts'
import { useClock } from '../../stores/clock.ts'
import { useNames } from '../../stores/names.ts'
import { useOpened } from '../../stores/use-opened.ts'
import { showScreen, useView } from '../../stores/view.ts'
import { t } from '../../texts.ts'
import { ActionButton } from '../../ui/action-button.tsx'
import { formatBytes, formatDateTime, formatTimeAgo } from '../../ui/format.ts'
import { LevelIcon } from '../../ui/level.tsx'
import { Monogram } from '../../ui/monogram.tsx'
import { ProblemNote } from '../../ui/problem-note.tsx'
import { RowsSkeleton } from '../../ui/rows-skeleton.tsx'
import { Section } from '../../ui/screen.tsx'
import { TimeAgo } from '../../ui/time-ago.tsx'
import { AppCheck } from './app-check.tsx'
import classes from './app-drawer.module.css'
import { AppLimits } from './app-limits.tsx'
import { PolicyNote } from './app-policy.tsx'
import { AppBadge, AppButton } from './app-state.tsx'
import { AppWaiting } from './app-waiting.tsx'

/** Everything about the one app whose name stands in the address. */
export function AppDrawer() {
  const shown = useView((view) => view.client)
  const app = useClients(({ value }) => value?.find(({ id }) => id === shown))
  return (
    <Drawer
      opened={app !== undefined}
      onClose={() => showScreen('apps')}
      title={
        app && (
          <div className={classes.title}>
            <Monogram name={app.name} size={40} quiet={!app.installed} />
            {app.name}
          </div>
        )
      }
    >
      {app && <Details app={app} />}
    </Drawer>
  )
}

function Details({ app }: { app: ClientApp }) {
  return (
    <Stack gap="lg">
      <Group gap="xs">
        <AppBadge app={app} />
        {!app.problem && <AppButton app={app} />}
        {app.canUndo && (
          <Button
            size="xs"
            variant="default"
            leftSection={<IconArrowBackUp size={15} aria-hidden />}
            onClick={() => void showChange(app.id, 'undo')}
          >
            {t('apps.actions.undo')}
          </Button>
        )}
        <Button size="xs" variant="default" onClick={() => showCalls({ client: app.id })}>
          {t('activity.callsOf')}
        </Button>
      </Group>
      {app.toFinish && <div className={classes.finish}>{app.toFinish}</div>}
      {app.waiting && <AppWaiting app={app} waiting={app.waiting} />}
      {app.problem && <ProblemNote problem={app.problem} path={app.configPath} client={app.id} onRetry={rescan} />}
      {app.policy && (
        <Section title={t('policyOfApp.title')}>
          <PolicyNote policy={app.policy} />
        </Section>
      )}
      <Section title={t('appDetails.proof')}>
        <Proof app={app} />
      </Section>
      {app.canUndo && (
        <Section title={t('appDetails.check')}>
          <AppCheck app={app} />
        </Section>
      )}
      <Section title={t('appDetails.servers')}>
        <Entries entries={app.entries} />
        <Repairs app={app} />
      </Section>
      {(app.limits || app.note || app.managedChannel) && (
        <Section title={t('appDetails.about', { app: app.name })}>
          <AppLimits app={app} />
        </Section>
      )}
      <Section title={t('appDetails.path')}>
        <Stack gap="xs" align="flex-start">
          <div className={classes.path}>{app.configPath}</div>
          <ActionButton
            size="xs"
            variant="default"
            leftSection={<IconFileText size={15} aria-hidden />}
            onAct={() => openPath(app.configPath)}
          >
            {t('apps.actions.openFile')}
          </ActionButton>
        </Stack>
      </Section>
      <Section title={t('appDetails.backups')}>
        <Backups app={app} />
      </Section>
    </Stack>
  )
}

function Proof({ app: { state, proof } }: { app: ClientApp }) {
  const written = state === 'set-up' || state === 'partly'
  const stages = [
    { name: t('appDetails.stages.bridge'), at: proof.bridgeAt },
    { name: t('appDetails.stages.initialize'), at: proof.initializeAt },
    { name: t('appDetails.stages.call'), at: proof.callAt },
  ]
  return (
    <ol className={classes.rows}>
      <li className={classes.row}>
        <LevelIcon level={written ? 'ok' : 'waiting'} size={16} />
        <span>{t('appDetails.stages.entry')}</span>
        <span>{!written && t('appDetails.pending')}</span>
      </li>
      {stages.map(({ name, at }) => (
        <li key={name} className={classes.row}>
          <LevelIcon level={at ? 'ok' : 'waiting'} size={16} />
          <span>{name}</span>
          <span>{at ? <TimeAgo time={at} /> : t('appDetails.pending')}</span>
        </li>
      ))}
    </ol>
  )
}

const entryLevels: Record<EntryState['state'], HealthLevel> = {
  written: 'ok',
  outdated: 'needs-you',
  absent: 'waiting',
  drift: 'needs-you',
  conflict: 'needs-you',
  lost: 'needs-you',
}

function Entries({ entries }: { entries: EntryState[] }) {
  const { nameOfServer } = useNames()
  if (entries.length === 0) return <p className={classes.quiet}>{t('appDetails.noServers')}</p>
  return (
    <ul className={classes.rows}>
      {entries.map(({ server, state }) => (
        <li key={server} className={classes.row}>
          <LevelIcon level={entryLevels[state]} size={16} />
          <span>{nameOfServer(server)}</span>
          <span>{t(`appDetails.entries.${state}`)}</span>
        </li>
      ))}
    </ul>
  )
}

/** The app's file does not keep what is written: how often that was put right, and why. */
function Repairs({ app: { repairs } }: { app: ClientApp }) {
  const now = useClock((clock) => clock.now)
  if (!repairs || repairs.week === 0) return null
  const time = formatTimeAgo(repairs.lastAt, now)
  return (
    <p className={classes.quiet}>
      {t('appDetails.repairs', { count: repairs.week, time, cause: t(`appDetails.causes.${repairs.cause}`) })}
    </p>
  )
}

function Backups({ app }: { app: ClientApp }) {
  useOpened(() => openBackups(app.id), app.id)
  const { backups, problem } = useBackups()
  if (problem) return <ProblemNote problem={problem} />
  if (!backups) return <RowsSkeleton count={2} height={32} />
  if (backups.length === 0) return <p className={classes.quiet}>{t('appDetails.noBackups')}</p>
  return (
    <ul className={classes.rows}>
      {backups.map(({ id, at, bytes }) => (
        <li key={id} className={classes.row}>
          <span>
            {formatDateTime(at)} · {formatBytes(bytes)}
          </span>
          <span>
            <ActionButton
              size="compact-xs"
              variant="subtle"
              aria-label={t('appDetails.compareCopy', { time: formatDateTime(at) })}
              onAct={() => showCopy(app.id, id)}
            >
              {t('appDetails.compare')}
            </ActionButton>
          </span>
        </li>
      ))}
    </ul>
  )
}
