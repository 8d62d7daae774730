import { Button, Modal, Stack } from '@mantine/core'
import type { ClientApp, GivenBack } from '../../../shared/contract/clients.ts'
import { giveAllBack, useGivenBack } from '../../stores/clients.ts'
import { useNames } from '../../stores/names.ts'
import { t } from '../../texts.ts'
import { ActionButton } from '../../ui/action-button.tsx'
import { LevelIcon } from '../../ui/level.tsx'
import { ProblemNote } from '../../ui/problem-note.tsx'
import classes from './app-drawer.module.css'
import dialog from './change-dialog.module.css'

type Props = { opened: boolean; apps: ClientApp[]; onClose: () => void }

/** Every file as it was before this product wrote it; asked for once, and told file by file. */
export function GiveBackDialog({ opened, apps, onClose }: Props) {
  const { given, problem } = useGivenBack()
  return (
    <Modal opened={opened} onClose={onClose} title={t('allApps.giveBack')} size={640}>
      <Stack gap="sm">
        {problem && <ProblemNote problem={problem} />}
        {given ? <Given given={given} /> : <Asked apps={apps} />}
      </Stack>
      <div className={dialog.foot}>
        <p />
        <Button variant="default" onClick={onClose}>
          {given ? t('common.close') : t('common.cancel')}
        </Button>
        {!given && <ActionButton onAct={giveAllBack}>{t('allApps.giveBackDo')}</ActionButton>}
      </div>
    </Modal>
  )
}

function Asked({ apps }: { apps: ClientApp[] }) {
  return (
    <>
      <p className={classes.quiet}>{t('allApps.asked')}</p>
      <ul className={classes.rows}>
        {apps.map(({ id, name, configPath }) => (
          <li key={id} className={classes.row}>
            <span>{name}</span>
            <span>{configPath}</span>
          </li>
        ))}
      </ul>
    </>
  )
}

function Given({ given }: { given: GivenBack[] }) {
  const { nameOfApp } = useNames()
  const nameOf = (client: GivenBack['client']) => nameOfApp({ client, clientName: null })
  return (
    <ul className={classes.rows}>
      {given.length === 0 && <li className={classes.quiet}>{t('allApps.nothing')}</li>}
      {given.map(({ client, path, problem, left, running }) =>
        problem ? (
          <li key={path} className={classes.row}>
            <ProblemNote problem={problem} subject={nameOf(client)} path={path} client={client} />
          </li>
        ) : (
          <li key={path} className={classes.row}>
            <LevelIcon level={running || left.length > 0 ? 'needs-you' : 'ok'} size={16} />
            <span>{nameOf(client)}</span>
            <span>
              {left.length > 0 && t('allApps.left', { servers: left.join(', ') })}{' '}
              {running ? t('allApps.running') : t('allApps.done')}
            </span>
          </li>
        ),
      )}
    </ul>
  )
}
