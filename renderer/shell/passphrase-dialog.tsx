import { Anchor, Button, Group, Modal, PasswordInput, Stack, Text } from '@mantine/core'
import { useState } from 'react'
import { askToReset, closePassphrase, givePassphrase, usePassphraseDialog, useVault } from '../stores/vault.ts'
import { t } from '../texts.ts'

/** Asks for the passphrase of the vault, or for a new one. What is typed leaves this form for the core only. */
export function PassphraseDialog() {
  const asking = usePassphraseDialog((state) => state.asking)
  return (
    <Modal opened={asking !== null} onClose={closePassphrase} title={asking ? t(`passphrase.${asking}Title`) : ''}>
      {asking && <Form asking={asking} />}
    </Modal>
  )
}

function Form({ asking }: { asking: 'unlock' | 'choose' }) {
  const [typed, setTyped] = useState('')
  const [again, setAgain] = useState('')
  const [busy, setBusy] = useState(false)
  const problem = useVault((vault) => vault.problem)
  const mismatch = asking === 'choose' && again !== '' && again !== typed
  const ready = typed !== '' && (asking === 'unlock' || again === typed)
  const submit = async () => {
    setBusy(true)
    await givePassphrase(typed)
    setBusy(false)
  }
  const forget = () => {
    closePassphrase()
    askToReset()
  }
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        if (ready) void submit()
      }}
    >
      <Stack gap="md">
        <Text>{t(`passphrase.${asking}Text`)}</Text>
        <PasswordInput
          data-autofocus
          autoComplete="off"
          label={t(`passphrase.${asking}Label`)}
          value={typed}
          error={problem?.code.startsWith('vault.passphrase') ? problem.title : null}
          onChange={(event) => setTyped(event.currentTarget.value)}
        />
        {asking === 'choose' && (
          <PasswordInput
            autoComplete="off"
            label={t('passphrase.repeatLabel')}
            value={again}
            error={mismatch ? t('passphrase.mismatch') : null}
            onChange={(event) => setAgain(event.currentTarget.value)}
          />
        )}
        <Group justify="space-between">
          {asking === 'unlock' ? (
            <Anchor component="button" type="button" size="sm" onClick={forget}>
              {t('passphrase.forgotten')}
            </Anchor>
          ) : (
            <span />
          )}
          <Group>
            <Button variant="default" onClick={closePassphrase}>
              {t('common.cancel')}
            </Button>
            <Button type="submit" disabled={!ready} loading={busy}>
              {t(`passphrase.${asking}Button`)}
            </Button>
          </Group>
        </Group>
      </Stack>
    </form>
  )
}
