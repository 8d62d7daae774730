import { Stack } from '@mantine/core'
import { IconPlugConnected } from '@tabler/icons-react'
import type { ClientApp } from '../../../shared/contract/clients.ts'
import { checkApp, useAppChecks } from '../../stores/clients.ts'
import { useNames } from '../../stores/names.ts'
import { t } from '../../texts.ts'
import { ActionButton } from '../../ui/action-button.tsx'
import { LevelIcon } from '../../ui/level.tsx'
import { ProblemNote } from '../../ui/problem-note.tsx'
import classes from './app-drawer.module.css'

/** Starts what stands in the app's file and says per server whether it answers. */
export function AppCheck({ app }: { app: ClientApp }) {
  const { client, checks, problem } = useAppChecks()
  const { nameOfServer } = useNames()
  const mine = client === app.id
  return (
    <Stack gap="xs" align="flex-start">
      <p className={classes.quiet}>{t('appDetails.checkText', { app: app.name })}</p>
      <ActionButton
        size="xs"
        variant="default"
        leftSection={<IconPlugConnected size={15} aria-hidden />}
        onAct={() => checkApp(app.id)}
      >
        {t('appDetails.checkNow')}
      </ActionButton>
      {mine && problem && <ProblemNote problem={problem} client={app.id} />}
      {mine && checks && (
        <ul className={classes.rows} style={{ alignSelf: 'stretch' }} aria-label={t('appDetails.check')}>
          {checks.map((check) =>
            check.state === 'ok' ? (
              <li key={check.server} className={classes.row}>
                <LevelIcon level="ok" size={16} />
                <span>{nameOfServer(check.server)}</span>
                <span>{t('appDetails.checkOk', { count: check.tools, milliseconds: check.milliseconds })}</span>
              </li>
            ) : (
              <li key={check.server} className={classes.row}>
                <ProblemNote problem={check.problem} subject={nameOfServer(check.server)} client={app.id} />
              </li>
            ),
          )}
        </ul>
      )}
    </Stack>
  )
}
