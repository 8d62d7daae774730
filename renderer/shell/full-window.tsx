import { Loader } from '@mantine/core'
import { IconKey, IconPlugConnectedX } from '@tabler/icons-react'
import { t } from '../texts.ts'
import { EmptyState } from '../ui/empty-state.tsx'
import classes from './full-window.module.css'

/** Nothing can be shown: the session of this window is over. Only the person can open a new address. */
export function RefusedWindow() {
  return (
    <main className={classes.window}>
      <EmptyState isPage icon={IconKey} title={t('connection.refused.title')} text={t('connection.refused.text')} />
    </main>
  )
}

/** The few milliseconds before anything is known; it says so only where they grow to something one notices. */
export function StartingWindow() {
  return (
    <main className={classes.window} aria-busy="true">
      <h1 className={classes.starting}>{t('connection.connecting')}</h1>
    </main>
  )
}

/** The core went away: what was known stays in sight behind this, and goes on when the core is back. */
export function LostCover() {
  return (
    <div className={classes.cover} role="alert">
      <div className={classes.card}>
        <EmptyState icon={IconPlugConnectedX} title={t('connection.lost.title')} text={t('connection.lost.text')}>
          <Loader size="sm" type="dots" />
        </EmptyState>
      </div>
    </div>
  )
}
