import { Skeleton } from '@mantine/core'
import { IconActivity, IconAlertTriangle, IconApps, IconServer2, type TablerIcon } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import type { Screen } from '../../../shared/contract/app.ts'
import { useCatalog } from '../../stores/catalog.ts'
import { countApps, useClients } from '../../stores/clients.ts'
import { useHealth } from '../../stores/health.ts'
import { useRecent } from '../../stores/recent.ts'
import { countServers, toServerRows } from '../../stores/server-rows.ts'
import { hashOf } from '../../stores/view.ts'
import { t } from '../../texts.ts'
import { formatCount } from '../../ui/format.ts'
import { TimeAgo } from '../../ui/time-ago.tsx'
import classes from './home-screen.module.css'

export function Tiles() {
  return (
    <div className={classes.tiles}>
      <ServersTile />
      <AppsTile />
      <CallsTile />
      <ProblemTile />
    </div>
  )
}

type TileProps = { screen: Screen; icon: TablerIcon; name: string; value: ReactNode; text: ReactNode; word?: boolean }

function Tile({ screen, icon: Icon, name, value, text, word = false }: TileProps) {
  return (
    <a href={hashOf(screen)} className={classes.tile}>
      <div className={classes.name}>
        <Icon size={16} stroke={1.7} aria-hidden />
        {name}
      </div>
      <div className={`${classes.value} ${word ? classes.word : ''}`}>
        {value ?? <Skeleton height={26} width={64} />}
      </div>
      <div className={classes.text}>{text}</div>
    </a>
  )
}

const Ratio = ({ ready, total }: { ready: number; total: number }) => (
  <>
    {ready}
    <small> / {total}</small>
  </>
)

function ServersTile() {
  const catalog = useCatalog(({ value }) => value)
  const health = useHealth(({ value }) => value)
  return (
    <Tile
      screen="servers"
      icon={IconServer2}
      name={t('home.tiles.servers')}
      value={catalog && health && <Ratio {...countServers(toServerRows(catalog, health))} />}
      text={t('home.tiles.serversText')}
    />
  )
}

function AppsTile() {
  const clients = useClients(({ value }) => value)
  return (
    <Tile
      screen="apps"
      icon={IconApps}
      name={t('home.tiles.apps')}
      value={clients && <Ratio {...countApps(clients)} />}
      text={t('home.tiles.appsText')}
    />
  )
}

function CallsTile() {
  const { rows, total } = useRecent()
  const last = rows?.[0]
  return (
    <Tile
      screen="activity"
      icon={IconActivity}
      name={t('home.tiles.calls')}
      value={rows && formatCount(total)}
      text={last ? <TimeAgo time={last.time} /> : rows && t('home.tiles.callsNone')}
    />
  )
}

function ProblemTile() {
  const { rows, lastProblem } = useRecent()
  return (
    <Tile
      screen="activity"
      icon={IconAlertTriangle}
      name={t('home.tiles.problem')}
      word
      value={rows && (lastProblem ? (lastProblem.target ?? lastProblem.method) : t('home.tiles.problemNone'))}
      text={lastProblem ? <TimeAgo time={lastProblem.time} /> : rows && t('home.tiles.problemNoneText')}
    />
  )
}
