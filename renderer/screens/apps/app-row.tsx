import { Button } from '@mantine/core'
import { IconArrowBackUp, IconRotateClockwise, IconShieldX } from '@tabler/icons-react'
import type { ClientApp } from '../../../shared/contract/clients.ts'
import { rescan, showChange } from '../../stores/clients.ts'
import { useClock } from '../../stores/clock.ts'
import { hashOf } from '../../stores/view.ts'
import { t } from '../../texts.ts'
import { formatTimeAgo } from '../../ui/format.ts'
import { Monogram } from '../../ui/monogram.tsx'
import { ProblemNote } from '../../ui/problem-note.tsx'
import { AppBadge, AppButton } from './app-state.tsx'
import { AppWaiting } from './app-waiting.tsx'
import classes from './apps-screen.module.css'

export function AppRow({ app }: { app: ClientApp }) {
  const proof = useProof(app)
  const version = app.version && `${t('apps.version', { version: app.version })} · `
  return (
    <li className={classes.app}>
      <div className={classes.line}>
        <Monogram name={app.name} />
        <div style={{ minWidth: 0 }}>
          <div className={classes.name}>
            <a href={hashOf('apps', app.id)} aria-label={t('apps.actions.details', { app: app.name })}>
              {app.name}
            </a>
            {app.running && <span className={classes.running}>{t('apps.running')}</span>}
          </div>
          <div className={classes.text}>
            {version}
            {proof}
          </div>
        </div>
        <AppBadge app={app} />
        <div className={classes.actions}>
          {!app.problem && <AppButton app={app} />}
          {app.canUndo && (
            <Button
              size="xs"
              variant="subtle"
              color="gray"
              leftSection={<IconArrowBackUp size={15} aria-hidden />}
              aria-label={`${t('apps.actions.undo')}: ${app.name}`}
              onClick={() => void showChange(app.id, 'undo')}
            >
              {t('apps.actions.undo')}
            </Button>
          )}
        </div>
      </div>
      {app.toFinish && (
        <div className={classes.finish}>
          <IconRotateClockwise size={15} aria-hidden />
          {app.toFinish}
        </div>
      )}
      {app.waiting && <AppWaiting app={app} waiting={app.waiting} />}
      {isKeptOut(app) && (
        <div className={classes.finish}>
          <IconShieldX size={15} aria-hidden />
          <span>
            {app.policy?.reason} <a href={hashOf('apps', app.id)}>{t('apps.policyDetails')}</a>
          </span>
        </div>
      )}
      {app.problem && (
        <div className={classes.problem}>
          <ProblemNote problem={app.problem} path={app.configPath} client={app.id} onRetry={rescan} />
        </div>
      )}
    </li>
  )
}

const isKeptOut = ({ policy }: ClientApp) => policy?.verdict === 'blocked' || policy?.verdict === 'managed-only'

/** How far the app has proved that it works: the furthest stage it reached. */
function useProof({ proof: { bridgeAt, initializeAt, callAt } }: ClientApp) {
  const now = useClock((clock) => clock.now)
  if (callAt) return t('apps.proof.call', { time: formatTimeAgo(callAt, now) })
  if (initializeAt) return t('apps.proof.initialize', { time: formatTimeAgo(initializeAt, now) })
  if (bridgeAt) return t('apps.proof.bridge', { time: formatTimeAgo(bridgeAt, now) })
  return t('apps.proof.none')
}
