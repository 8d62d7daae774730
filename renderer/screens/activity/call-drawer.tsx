import { Button, Drawer, Group, Stack, Text } from '@mantine/core'
import { IconCopy, IconServer2 } from '@tabler/icons-react'
import type { CallRow } from '../../../shared/contract/activity.ts'
import { useNames } from '../../stores/names.ts'
import { showScreen } from '../../stores/view.ts'
import { t } from '../../texts.ts'
import { copyText } from '../../ui/copy.ts'
import { type Fact, Facts } from '../../ui/facts.tsx'
import { formatBytes, formatDateTime, formatDuration } from '../../ui/format.ts'
import { Outcome } from '../../ui/outcome.tsx'

type Props = { row: CallRow | null; onClose: () => void }

/** All that is recorded of one call. */
export function CallDrawer({ row, onClose }: Props) {
  return (
    <Drawer opened={row !== null} onClose={onClose} title={row && t('call.title', { id: row.id })}>
      {row && <Details row={row} />}
    </Drawer>
  )
}

function Details({ row }: { row: CallRow }) {
  const facts = useFacts(row)
  const copy = () => copyText(facts.map(({ name, value }) => `${name}: ${String(value)}`).join('\n'))
  return (
    <Stack gap="lg">
      <div>
        <Outcome outcome={row.outcome} />
        <Text c="dimmed" size="sm">
          {t(`call.outcomeTexts.${row.outcome}`)}
        </Text>
      </div>
      <Facts facts={facts} />
      <Group gap="xs">
        <Button
          variant="default"
          size="xs"
          leftSection={<IconCopy size={15} aria-hidden />}
          onClick={() => void copy()}
        >
          {t('call.copy')}
        </Button>
        <Button
          variant="default"
          size="xs"
          leftSection={<IconServer2 size={15} aria-hidden />}
          onClick={() => showScreen('servers', row.server)}
        >
          {t('call.openServer')}
        </Button>
      </Group>
    </Stack>
  )
}

function useFacts(row: CallRow): Fact[] {
  const { nameOfApp, nameOfServer } = useNames()
  const facts: (Fact | null)[] = [
    { name: t('call.time'), value: formatDateTime(row.time) },
    { name: t('call.app'), value: nameOfApp(row) },
    { name: t('call.server'), value: nameOfServer(row.server) },
    { name: t('call.method'), value: row.method, mono: true },
    row.target === null ? null : { name: t('call.tool'), value: row.target, mono: true },
    { name: t('call.outcome'), value: t(`activity.outcomes.${row.outcome}`) },
    row.code === null ? null : { name: t('call.code'), value: row.code, mono: true },
    row.message === null ? null : { name: t('call.message'), value: row.message },
    { name: t('call.duration'), value: formatDuration(row.durationMs) },
    { name: t('call.request'), value: formatBytes(row.requestBytes) },
    { name: t('call.response'), value: formatBytes(row.responseBytes) },
    { name: t('call.id'), value: row.id },
  ]
  return facts.filter((fact) => fact !== null)
}
