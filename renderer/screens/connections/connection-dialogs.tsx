import { Button, Group, Modal, PasswordInput, Text } from '@mantine/core'
import { type ReactNode, useState } from 'react'
import type { Connection } from '../../../shared/contract/connections.ts'
import { connect, disconnect, isLookAlike, setKey } from '../../stores/connections.ts'
import { t } from '../../texts.ts'
import { ActionButton } from '../../ui/action-button.tsx'
import { LevelIcon } from '../../ui/level.tsx'
import classes from './connections-screen.module.css'

type Props = { connection: Connection; opened: boolean; onClose: () => void }

/** Asks before the person is sent to a sign-in their company has not listed, and shows what the address really is. */
export function AsksDialog({ connection: { id, name, asks }, opened, onClose }: Props) {
  if (!asks) return null
  const { host, unicodeHost, issuer } = asks
  const go = async () => {
    await connect(id, issuer)
    onClose()
  }
  return (
    <Modal opened={opened} onClose={onClose} title={t('connections.asks.title', { name })}>
      <Text>{t('connections.asks.text', { name })}</Text>
      <div className={classes.host}>{host}</div>
      {isLookAlike(asks) && (
        <div className={classes.warning}>
          <LevelIcon level="broken" />
          {t('connections.asks.lookAlike', { host, unicodeHost })}
        </div>
      )}
      <Foot onClose={onClose}>
        <ActionButton onAct={go}>{t('connections.asks.confirm', { host })}</ActionButton>
      </Foot>
    </Modal>
  )
}

export function KeyDialog({ connection: { id, name }, opened, onClose }: Props) {
  const [key, setTyped] = useState('')
  const close = () => {
    setTyped('')
    onClose()
  }
  const save = async () => {
    if (key.trim() && (await setKey(id, key.trim()))) close()
  }
  return (
    <Modal opened={opened} onClose={close} title={t('connections.key.title', { name })}>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          void save()
        }}
      >
        <Text mb="md">{t('connections.key.text')}</Text>
        <PasswordInput
          label={t('connections.key.label')}
          value={key}
          onChange={(event) => setTyped(event.currentTarget.value)}
          autoComplete="off"
          maxLength={16_384}
          data-autofocus
        />
        <Foot onClose={close}>
          <ActionButton disabled={!key.trim()} onAct={save}>
            {t('connections.key.save')}
          </ActionButton>
        </Foot>
      </form>
    </Modal>
  )
}

export function LeaveDialog({ connection: { id, name }, opened, onClose }: Props) {
  const go = async () => {
    await disconnect(id)
    onClose()
  }
  return (
    <Modal opened={opened} onClose={onClose} title={t('connections.leave.title', { name })}>
      <Text>{t('connections.leave.text', { name })}</Text>
      <Foot onClose={onClose}>
        <ActionButton onAct={go}>{t('connections.disconnect')}</ActionButton>
      </Foot>
    </Modal>
  )
}

function Foot({ onClose, children }: { onClose: () => void; children: ReactNode }) {
  return (
    <Group justify="flex-end" mt="lg">
      <Button variant="default" onClick={onClose}>
        {t('common.cancel')}
      </Button>
      {children}
    </Group>
  )
}
