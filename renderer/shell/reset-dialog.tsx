import { Button, Group, Modal, Text } from '@mantine/core'
import { cancelReset, startAfresh, useReset } from '../stores/vault.ts'
import { t } from '../texts.ts'
import { ActionButton } from '../ui/action-button.tsx'

/** Asks before an unreadable vault is set aside. */
export function ResetDialog() {
  const asking = useReset((state) => state.asking)
  return (
    <Modal opened={asking} onClose={cancelReset} title={t('resetVault.title')}>
      <Text>{t('resetVault.text')}</Text>
      <Group justify="flex-end" mt="lg">
        <Button variant="default" onClick={cancelReset} data-autofocus>
          {t('common.cancel')}
        </Button>
        <ActionButton onAct={startAfresh}>{t('resetVault.confirm')}</ActionButton>
      </Group>
    </Modal>
  )
}
