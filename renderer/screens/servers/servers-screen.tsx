import { SegmentedControl } from '@mantine/core'
import { IconLogin2, IconRefresh, IconSearchOff, IconServerOff } from '@tabler/icons-react'
import { useState } from 'react'
import { signIn, useAuth } from '../../stores/auth.ts'
import { openCatalog, refreshCatalog, useCatalog } from '../../stores/catalog.ts'
import { recheckAll, useHealth } from '../../stores/health.ts'
import {
  countServers,
  filterServers,
  type ServerGroup,
  type ServerRow,
  toServerRows,
} from '../../stores/server-rows.ts'
import { t } from '../../texts.ts'
import { ActionButton } from '../../ui/action-button.tsx'
import { EmptyState } from '../../ui/empty-state.tsx'
import { ProblemBar } from '../../ui/problem-bar.tsx'
import { ProblemNote } from '../../ui/problem-note.tsx'
import { RowsSkeleton } from '../../ui/rows-skeleton.tsx'
import { Screen } from '../../ui/screen.tsx'
import { SearchField } from '../../ui/search-field.tsx'
import { ServerDrawer } from './server-drawer.tsx'
import { ServerList } from './server-list.tsx'
import classes from './servers-screen.module.css'

const everything = { search: '', group: 'all' as ServerGroup }
const checkAll = () => Promise.all([refreshCatalog(), recheckAll()])

export function ServersScreen() {
  const catalog = useCatalog(({ value }) => value)
  const failed = useCatalog(({ problem }) => problem !== null)
  const health = useHealth(({ value }) => value)
  const [filter, setFilter] = useState(everything)
  const rows = toServerRows(catalog, health)
  const { ready, total } = countServers(rows)
  const groups = (['all', 'attention', 'locked'] as const).map((value) => ({
    value,
    label: t(`servers.filters.${value}`),
  }))
  return (
    <Screen
      fill
      title={t('servers.title')}
      note={total > 0 && t('servers.subtitle', { ready, count: total })}
      actions={
        <ActionButton variant="default" leftSection={<IconRefresh size={16} aria-hidden />} onAct={checkAll}>
          {t('servers.recheckAll')}
        </ActionButton>
      }
    >
      {rows.length > 0 && (
        <div className={classes.tools}>
          <SearchField
            label={t('servers.search')}
            width={240}
            value={filter.search}
            onChange={(search) => setFilter({ ...filter, search })}
          />
          <SegmentedControl
            size="sm"
            aria-label={t('servers.filter')}
            data={groups}
            value={filter.group}
            onChange={(group) => setFilter({ ...filter, group })}
          />
        </div>
      )}
      <ProblemBar of={useHealth} />
      <ProblemBar of={useCatalog} onRetry={catalog ? refreshCatalog : openCatalog} />
      {catalog?.problem && !catalog.stale && <ProblemNote problem={catalog.problem} onRetry={refreshCatalog} />}
      {/* Without an answer nothing is known, which is not the same as no servers. */}
      {!(failed && !catalog) && (
        <div className={classes.list}>
          <Content rows={rows} filter={filter} onClear={() => setFilter(everything)} />
        </div>
      )}
      <ServerDrawer rows={rows} />
    </Screen>
  )
}

type ContentProps = { rows: ServerRow[]; filter: typeof everything; onClear: () => void }

function Content({ rows, filter, onClear }: ContentProps) {
  const loading = useCatalog(({ value, problem }) => !value && !problem)
  const state = useAuth(({ value }) => value?.state)
  if (loading) return <RowsSkeleton count={6} />
  const signedOut = state === 'signed-out' || state === 'signing-in'
  if (rows.length === 0 && signedOut)
    return (
      <div className={classes.center}>
        <EmptyState icon={IconLogin2} title={t('servers.signedOut.title')} text={t('servers.signedOut.text')}>
          {state === 'signed-out' && <ActionButton onAct={signIn}>{t('signIn.button')}</ActionButton>}
        </EmptyState>
      </div>
    )
  if (rows.length === 0)
    return (
      <div className={classes.center}>
        <EmptyState icon={IconServerOff} title={t('servers.empty.title')} text={t('servers.empty.text')} />
      </div>
    )
  const found = filterServers(rows, filter)
  if (found.length > 0) return <ServerList rows={found} />
  const text = filter.search ? t('servers.noMatch.text', { search: filter.search }) : t('servers.noMatch.textFilter')
  return (
    <div className={classes.center}>
      <EmptyState icon={IconSearchOff} title={t('servers.noMatch.title')} text={text}>
        <ActionButton variant="default" onAct={onClear}>
          {t('servers.noMatch.clear')}
        </ActionButton>
      </EmptyState>
    </div>
  )
}
