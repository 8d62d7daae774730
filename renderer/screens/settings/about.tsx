import { Group } from '@mantine/core'
import { openPath, useApp } from '../../stores/app.ts'
import { t } from '../../texts.ts'
import { ActionButton } from '../../ui/action-button.tsx'
import { Facts } from '../../ui/facts.tsx'
import { TimeAgo } from '../../ui/time-ago.tsx'

export function About() {
  const app = useApp(({ value }) => value)
  if (!app) return null
  const { product, version, mode, startedAt, dataFolder } = app
  return (
    <>
      <Facts
        facts={[
          { name: t('settings.version'), value: `${product} ${version}` },
          { name: t('settings.mode'), value: t(`settings.modes.${mode}`) },
          { name: t('settings.started'), value: <TimeAgo time={startedAt} /> },
          { name: t('settings.folder'), value: dataFolder, mono: true },
        ]}
      />
      <Group mt="md">
        <ActionButton size="xs" variant="default" onAct={() => openPath(dataFolder)}>
          {t('settings.openFolder')}
        </ActionButton>
      </Group>
    </>
  )
}
