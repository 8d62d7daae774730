import { IconActivity, IconSearchOff } from '@tabler/icons-react'
import { useState } from 'react'
import type { CallRow } from '../../../shared/contract/activity.ts'
import { clearFilter, openActivity, reload, useActivity } from '../../stores/activity.ts'
import { useSettings } from '../../stores/settings.ts'
import { useOpened } from '../../stores/use-opened.ts'
import { showScreen } from '../../stores/view.ts'
import { t } from '../../texts.ts'
import { ActionButton } from '../../ui/action-button.tsx'
import { EmptyState } from '../../ui/empty-state.tsx'
import { ProblemNote } from '../../ui/problem-note.tsx'
import { RowsSkeleton } from '../../ui/rows-skeleton.tsx'
import { Screen } from '../../ui/screen.tsx'
import classes from './activity-screen.module.css'
import { CallDrawer } from './call-drawer.tsx'
import { CallTable } from './call-table.tsx'
import { Filters } from './filters.tsx'

export function ActivityScreen() {
  useOpened(openActivity)
  const days = useSettings(({ value }) => value?.activityDays)
  const [shown, setShown] = useState<CallRow | null>(null)
  return (
    <Screen fill title={t('activity.title')} note={days !== undefined && t('activity.note', { count: days })}>
      <Filters />
      <Content onShow={setShown} />
      <CallDrawer row={shown} onClose={() => setShown(null)} />
    </Screen>
  )
}

function Content({ onShow }: { onShow: (row: CallRow) => void }) {
  const { status, problem, rows, filter } = useActivity()
  if (status === 'failed' && problem) return <ProblemNote problem={problem} onRetry={reload} />
  if (status === 'loading') return <RowsSkeleton count={9} height={28} />
  if (rows.length > 0) return <CallTable onShow={onShow} />
  const filtered = Object.keys(filter).length > 0
  return (
    <div className={classes.center}>
      {filtered ? (
        <EmptyState icon={IconSearchOff} title={t('activity.noMatch.title')} text={t('activity.noMatch.text')}>
          <ActionButton variant="default" onAct={clearFilter}>
            {t('activity.noMatch.clear')}
          </ActionButton>
        </EmptyState>
      ) : (
        <EmptyState icon={IconActivity} title={t('activity.empty.title')} text={t('activity.empty.text')}>
          <ActionButton variant="default" onAct={() => showScreen('apps')}>
            {t('activity.empty.action')}
          </ActionButton>
        </EmptyState>
      )}
    </div>
  )
}
