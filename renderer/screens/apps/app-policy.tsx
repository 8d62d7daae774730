import { Group } from '@mantine/core'
import { IconCopy } from '@tabler/icons-react'
import type { PolicyVerdict } from '../../../shared/contract/clients.ts'
import type { HealthLevel } from '../../../shared/contract/health.ts'
import { t } from '../../texts.ts'
import { ActionButton } from '../../ui/action-button.tsx'
import { copyText } from '../../ui/copy.ts'
import { LevelIcon } from '../../ui/level.tsx'
import classes from './app-policy.module.css'

const levels: Record<PolicyVerdict['verdict'], HealthLevel> = {
  allowed: 'ok',
  blocked: 'needs-you',
  'managed-only': 'needs-you',
  unreadable: 'needs-you',
  unknown: 'waiting',
}

/** What IT's own rules for an app do with our entries, and the exact rule IT would add. */
export function PolicyNote({ policy: { verdict, reason, source, servers, rule } }: { policy: PolicyVerdict }) {
  return (
    <div className={classes.policy}>
      <div className={classes.line}>
        <LevelIcon level={levels[verdict]} size={16} />
        <span>{reason}</span>
      </div>
      {servers.length > 0 && <div className={classes.quiet}>{servers.join(', ')}</div>}
      <div className={classes.quiet}>{t('policyOfApp.source', { source })}</div>
      {rule && (
        <>
          <div>{t('policyOfApp.rule', { where: rule.where })}</div>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
          <section className={classes.rule} tabIndex={0} aria-label={t('policyOfApp.rule', { where: rule.where })}>
            <pre>{rule.text}</pre>
          </section>
          <Group>
            <ActionButton
              size="xs"
              variant="default"
              leftSection={<IconCopy size={15} aria-hidden />}
              onAct={() => copyText(`${rule.where}\n${rule.text}`)}
            >
              {t('policyOfApp.copy')}
            </ActionButton>
          </Group>
        </>
      )}
    </div>
  )
}
