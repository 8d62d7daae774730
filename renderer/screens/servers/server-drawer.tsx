import { Button, Drawer, Stack, Tabs } from '@mantine/core'
import { IconRefresh } from '@tabler/icons-react'
import { showCalls } from '../../stores/activity.ts'
import { openTools, recheck } from '../../stores/health.ts'
import type { ServerRow } from '../../stores/server-rows.ts'
import { useOpened } from '../../stores/use-opened.ts'
import { showScreen, useView } from '../../stores/view.ts'
import { t } from '../../texts.ts'
import { ActionButton } from '../../ui/action-button.tsx'
import { Facts } from '../../ui/facts.tsx'
import { formatDuration } from '../../ui/format.ts'
import { LevelBadge } from '../../ui/level.tsx'
import { Monogram } from '../../ui/monogram.tsx'
import { ProblemNote } from '../../ui/problem-note.tsx'
import { Section } from '../../ui/screen.tsx'
import { TimeAgo } from '../../ui/time-ago.tsx'
import { Reach } from './reach.tsx'
import classes from './server-drawer.module.css'
import { ToolList } from './tool-list.tsx'

/** Everything about the one server whose name stands in the address. */
export function ServerDrawer({ rows }: { rows: ServerRow[] }) {
  const shown = useView((view) => view.server)
  const row = rows.find(({ server }) => server.id === shown)
  return (
    <Drawer opened={row !== undefined} onClose={() => showScreen('servers')} title={row && <Heading row={row} />}>
      {row && <Details row={row} />}
    </Drawer>
  )
}

function Heading({ row: { server } }: { row: ServerRow }) {
  return (
    <div className={classes.title}>
      <Monogram name={server.name} size={40} quiet={!server.allowed} />
      <div>
        <strong>{server.name}</strong>
        <code>{server.id}</code>
      </div>
    </div>
  )
}

function Details({ row }: { row: ServerRow }) {
  const { server } = row
  useOpened(() => openTools(server.id), server.id)
  return (
    <Stack gap="lg">
      {server.description && <p className={classes.quiet}>{server.description}</p>}
      <State row={row} />
      {server.allowed ? (
        <Tabs defaultValue="tools" keepMounted={false}>
          <Tabs.List mb="md">
            <Tabs.Tab value="tools">{t('server.tools')}</Tabs.Tab>
            <Tabs.Tab value="connection">{t('server.connection')}</Tabs.Tab>
          </Tabs.List>
          <Tabs.Panel value="tools">
            <ToolList />
          </Tabs.Panel>
          <Tabs.Panel value="connection">
            <Connection row={row} />
            {server.transport !== 'stdio' && <Reach server={server.id} />}
          </Tabs.Panel>
        </Tabs>
      ) : (
        <Section title={t('server.connection')}>
          <Connection row={row} />
        </Section>
      )}
    </Stack>
  )
}

function State({ row: { server, health, level } }: { row: ServerRow }) {
  const again = () => recheck(server.id)
  const groups = server.groups.join(', ')
  if (!server.allowed)
    return (
      <div>
        <LevelBadge level="blocked" />
        <p className={classes.quiet} style={{ marginTop: 8 }}>
          {t('servers.locked')}. {groups ? t('servers.lockedFor', { groups }) : t('servers.lockedText')}
        </p>
      </div>
    )
  return (
    <>
      <div className={classes.state}>
        <LevelBadge level={level} />
        <small>
          {health?.state === 'ok' && t('servers.latency', { time: formatDuration(health.latencyMs) })}
          {health && 'since' in health && <TimeAgo time={health.since} />}
        </small>
        <Button size="xs" variant="default" onClick={() => showCalls({ server: server.id })}>
          {t('activity.callsOf')}
        </Button>
        <ActionButton size="xs" variant="default" leftSection={<IconRefresh size={14} aria-hidden />} onAct={again}>
          {t('server.recheck')}
        </ActionButton>
      </div>
      {health && 'problem' in health && (
        <ProblemNote problem={health.problem} level={level} beside={server.name} server={server.id} onRetry={again} />
      )}
    </>
  )
}

function Connection({ row: { server, health } }: { row: ServerRow }) {
  const ok = health?.state === 'ok' && health
  return (
    <Facts
      facts={[
        { name: t('server.facts.address'), value: server.address, mono: true },
        { name: t('server.facts.transport'), value: t(`server.transports.${server.transport}`) },
        { name: t('server.facts.auth'), value: t(`server.auths.${server.auth}`) },
        ok && { name: t('server.facts.protocol'), value: ok.protocolVersion },
        ok && { name: t('server.facts.software'), value: ok.serverName },
        ok && { name: t('server.facts.checked'), value: <TimeAgo time={ok.checkedAt} /> },
        { name: t('server.facts.origin'), value: t(`server.origins.${server.origin}`) },
        { name: t('server.facts.groups'), value: server.groups.join(', ') || t('server.facts.everyone') },
      ]}
    />
  )
}
