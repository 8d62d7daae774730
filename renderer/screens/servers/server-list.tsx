import { Badge } from '@mantine/core'
import { IconChevronRight } from '@tabler/icons-react'
import { useVirtualizer } from '@tanstack/react-virtual'
import { useRef } from 'react'
import type { ServerRow } from '../../stores/server-rows.ts'
import { hashOf } from '../../stores/view.ts'
import { t } from '../../texts.ts'
import { LevelBadge } from '../../ui/level.tsx'
import { Monogram } from '../../ui/monogram.tsx'
import classes from './servers-screen.module.css'

const rowHeight = 62

/** Draws the rows in view only: a company may have hundreds of servers. */
export function ServerList({ rows }: { rows: ServerRow[] }) {
  const list = useRef<HTMLUListElement>(null)
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => list.current?.parentElement ?? null,
    estimateSize: () => rowHeight,
    overscan: 6,
  })
  return (
    <ul
      ref={list}
      className={classes.rows}
      style={{ height: virtual.getTotalSize(), margin: 0, padding: 0 }}
      aria-label={t('servers.list')}
    >
      {virtual.getVirtualItems().map(({ index, start }) => {
        const row = rows[index]
        return (
          row && (
            <li
              key={row.server.id}
              className={classes.slot}
              style={{ transform: `translateY(${start}px)`, listStyle: 'none' }}
              aria-setsize={rows.length}
              aria-posinset={index + 1}
            >
              <Row row={row} />
            </li>
          )
        )
      })}
    </ul>
  )
}

function Row({ row: { server, health, level } }: { row: ServerRow }) {
  return (
    <a href={hashOf('servers', server.id)} className={classes.row}>
      <Monogram name={server.name} quiet={!server.allowed} />
      <div style={{ minWidth: 0 }}>
        <div className={classes.name}>
          <span>{server.name}</span>
          {server.origin !== 'company' && (
            <Badge size="xs" variant="default">
              {t(`servers.origins.${server.origin}`)}
            </Badge>
          )}
        </div>
        <div className={classes.text}>
          {server.allowed ? (reasonOf(health) ?? server.description ?? server.id) : t('servers.locked')}
        </div>
      </div>
      <LevelBadge level={level} />
      <span className={classes.count}>{health?.state === 'ok' && t('servers.tools', { count: health.toolCount })}</span>
      <IconChevronRight size={16} className={classes.chevron} aria-hidden />
    </a>
  )
}

const reasonOf = (health: ServerRow['health']) => (health && 'problem' in health ? health.problem.title : null)
