import { Progress } from '@mantine/core'
import type { ClientApp } from '../../../shared/contract/clients.ts'
import { countTools } from '../../stores/clients.ts'
import { useHealth } from '../../stores/health.ts'
import { t } from '../../texts.ts'
import { Facts } from '../../ui/facts.tsx'
import classes from './app-drawer.module.css'

/** What the app itself cannot go beyond, and how much of it our servers take. */
export function AppLimits({ app }: { app: ClientApp }) {
  const servers = useHealth(({ value }) => value?.servers)
  const { limits = {}, note, managedChannel } = app
  const tools = countTools(app, servers ?? [])
  return (
    <>
      {limits.tools !== undefined && (
        <div>
          <p className={classes.quiet}>{t('appDetails.tools', { count: limits.tools, used: tools, app: app.name })}</p>
          <Progress
            value={Math.min(100, (tools / limits.tools) * 100)}
            color={tools > limits.tools ? 'red' : 'tide'}
            aria-label={t('appDetails.toolBudget')}
          />
        </div>
      )}
      <Facts
        facts={[
          limits.toolName !== undefined && {
            name: t('appDetails.toolName'),
            value: t('appDetails.toolNameText', { count: limits.toolName }),
          },
          note !== undefined && { name: t('appDetails.note'), value: note },
          managedChannel !== undefined && { name: t('appDetails.managedChannel'), value: managedChannel },
        ]}
      />
    </>
  )
}
