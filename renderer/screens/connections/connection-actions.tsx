import { Button } from '@mantine/core'
import { useState } from 'react'
import type { Connection } from '../../../shared/contract/connections.ts'
import { cancelConnect, connect } from '../../stores/connections.ts'
import { t } from '../../texts.ts'
import { ActionButton } from '../../ui/action-button.tsx'
import { copyText } from '../../ui/copy.ts'
import { AsksDialog, KeyDialog, LeaveDialog } from './connection-dialogs.tsx'
import classes from './connections-screen.module.css'

type Dialog = 'asks' | 'key' | 'leave' | null
type Props = { connection: Connection }

/** What can be done with a connection in the state it is in: one main thing, and leaving it. */
export function ConnectionActions({ connection }: Props) {
  const [dialog, setDialog] = useState<Dialog>(null)
  const close = () => setDialog(null)
  return (
    <div className={classes.actions}>
      <MainAction connection={connection} onDialog={setDialog} />
      {isHeld(connection) && (
        <Named label={t('connections.disconnect')} name={connection.name} quiet onClick={() => setDialog('leave')} />
      )}
      <AsksDialog connection={connection} opened={dialog === 'asks'} onClose={close} />
      <KeyDialog connection={connection} opened={dialog === 'key'} onClose={close} />
      <LeaveDialog connection={connection} opened={dialog === 'leave'} onClose={close} />
    </div>
  )
}

// Exchanged tokens come from the company's sign-in and go with it.
const isDerived = ({ kind }: Connection) => kind === 'sso-exchange' || kind === 'id-jag'
const isHeld = (connection: Connection) =>
  !isDerived(connection) &&
  (connection.state === 'ok' || connection.state === 'offline' || connection.state === 'expired')

function MainAction({ connection, onDialog }: Props & { onDialog: (dialog: Dialog) => void }) {
  const { id, kind, name, state, since, loginUrl } = connection
  if (kind === 'api-key') {
    const label = state === 'ok' ? t('connections.replaceKey') : t('connections.enterKey')
    return <Named label={label} name={name} quiet={state === 'ok'} onClick={() => onDialog('key')} />
  }
  if (state === 'asks') return <Named label={t('connections.review')} name={name} onClick={() => onDialog('asks')} />
  if (state === 'connecting')
    return (
      <>
        {loginUrl && (
          <Named label={t('connections.copyLink')} name={name} quiet onClick={() => void copyText(loginUrl)} />
        )}
        <ActionButton size="xs" variant="subtle" color="gray" onAct={() => cancelConnect(id)}>
          {t('connections.cancel')}
        </ActionButton>
      </>
    )
  if (state === 'ok' || isDerived(connection)) return null
  const label = state === 'none' || since === null ? t('connections.connect') : t('connections.renew')
  return (
    <ActionButton
      size="xs"
      variant={state === 'offline' ? 'default' : 'filled'}
      aria-label={`${label}: ${name}`}
      onAct={() => connect(id)}
    >
      {label}
    </ActionButton>
  )
}

type NamedProps = { label: string; name: string; quiet?: boolean; onClick: () => void }

/** Says which connection it is about to those who do not see the row. */
function Named({ label, name, quiet = false, onClick }: NamedProps) {
  return (
    <Button size="xs" variant={quiet ? 'default' : 'filled'} aria-label={`${label}: ${name}`} onClick={onClick}>
      {label}
    </Button>
  )
}
