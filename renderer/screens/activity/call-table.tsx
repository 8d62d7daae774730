// biome-ignore-all lint/a11y/useSemanticElements: rows are placed by hand, which a <table> does not allow
// biome-ignore-all lint/a11y/useFocusableInteractive: the grid has the focus and names the active row
import { Button } from '@mantine/core'
import { IconArrowUp } from '@tabler/icons-react'
import { useVirtualizer } from '@tanstack/react-virtual'
import { useEffect, useRef } from 'react'
import type { CallRow } from '../../../shared/contract/activity.ts'
import { loadMore, mostWaiting, setFollowing, useActivity } from '../../stores/activity.ts'
import { t } from '../../texts.ts'
import { ProblemNote } from '../../ui/problem-note.tsx'
import classes from './activity-screen.module.css'
import { CallLine } from './call-line.tsx'
import { useRowKeys } from './use-row-keys.ts'

// As in the style sheet. A million rows of this height are still under Chromium's limit of 33,554,428 px.
const rowHeight = 32
const headHeight = 34
// Rows left below the fold when the next page is asked for.
const margin = 60

/** The log from the newest call down. Only rows in view are drawn, older pages come while scrolling. */
export function CallTable({ onShow }: { onShow: (row: CallRow) => void }) {
  const { rows, next, total, waiting, problem } = useActivity()
  const scroll = useRef<HTMLDivElement>(null)
  // No `getItemKey`: a function of ours is a new one at each paint, and all rows would be measured again for it.
  const virtual = useVirtualizer({
    count: rows.length + 1,
    getScrollElement: () => scroll.current,
    estimateSize: () => rowHeight,
    overscan: 12,
    // The head stands above the rows and stays in view.
    scrollMargin: headHeight,
    scrollPaddingStart: headHeight,
  })
  const items = virtual.getVirtualItems()
  const last = items.at(-1)?.index ?? 0
  useEffect(() => {
    if (last > rows.length - margin && !problem) void loadMore()
  }, [last, rows.length, problem])
  const toTop = () => {
    virtual.scrollToOffset(0)
    setFollowing(true)
  }
  const keys = useRowKeys({ rows, onShow, onMove: (index) => virtual.scrollToIndex(index), pageRows: items.length })
  return (
    <div className={classes.table}>
      {waiting.length > 0 && (
        <Button
          className={classes.pill}
          size="xs"
          radius="xl"
          leftSection={<IconArrowUp size={14} aria-hidden />}
          onClick={toTop}
        >
          {waiting.length >= mostWaiting ? t('activity.newMany') : t('activity.new', { count: waiting.length })}
        </Button>
      )}
      <div
        ref={scroll}
        className={classes.scroll}
        role="grid"
        tabIndex={0}
        aria-label={t('activity.table')}
        aria-rowcount={total + 1}
        aria-activedescendant={keys.active === null ? undefined : `call-${keys.active}`}
        onKeyDown={keys.onKeyDown}
        onScroll={(event) => setFollowing(event.currentTarget.scrollTop < rowHeight)}
      >
        <Head />
        <div className={classes.rows} role="rowgroup" style={{ height: virtual.getTotalSize() }}>
          {items.map(({ index, start }) => {
            const row = rows[index]
            return row ? (
              <CallLine
                key={row.id}
                row={row}
                index={index}
                start={start - headHeight}
                active={row.id === keys.active}
                onShow={keys.show}
              />
            ) : (
              <div
                key="foot"
                className={classes.foot}
                style={{ transform: `translateY(${start - headHeight}px)` }}
                role="presentation"
              >
                {next === null ? t('activity.end') : t('activity.loadingMore')}
              </div>
            )
          })}
        </div>
      </div>
      {problem && <ProblemNote problem={problem} onRetry={loadMore} />}
    </div>
  )
}

function Head() {
  const columns = ['time', 'app', 'server', 'tool', 'outcome', 'duration'] as const
  return (
    <div role="rowgroup" className={classes.heads}>
      <div className={classes.head} role="row" aria-rowindex={1}>
        {columns.map((column) => (
          <span key={column} role="columnheader" className={column === 'duration' ? classes.duration : ''}>
            {t(`activity.columns.${column}`)}
          </span>
        ))}
      </div>
    </div>
  )
}
