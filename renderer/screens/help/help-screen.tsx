import { Anchor, Group, VisuallyHidden } from '@mantine/core'
import { IconExternalLink, IconRefresh } from '@tabler/icons-react'
import { brand } from '../../../shared/brand.ts'
import { detailBeside, findRemedy } from '../../remedies.ts'
import { useApp } from '../../stores/app.ts'
import { useAuth } from '../../stores/auth.ts'
import { refreshCatalog, useCatalog } from '../../stores/catalog.ts'
import { type Check, toChecks } from '../../stores/checks.ts'
import { rescan, useClients } from '../../stores/clients.ts'
import { recheck, recheckAll, useHealth } from '../../stores/health.ts'
import { useVault } from '../../stores/vault.ts'
import { showScreen } from '../../stores/view.ts'
import { t } from '../../texts.ts'
import { ActionButton } from '../../ui/action-button.tsx'
import { LevelIcon } from '../../ui/level.tsx'
import { RowsSkeleton } from '../../ui/rows-skeleton.tsx'
import { Card, Screen, Section } from '../../ui/screen.tsx'
import { Diagnostics } from './diagnostics.tsx'
import classes from './help-screen.module.css'

const checkAll = () => Promise.all([refreshCatalog(), rescan(), recheckAll()])

export function HelpScreen() {
  return (
    <Screen
      title={t('help.title')}
      note={t('help.subtitle')}
      actions={
        <ActionButton variant="default" leftSection={<IconRefresh size={16} aria-hidden />} onAct={checkAll}>
          {t('help.recheck')}
        </ActionButton>
      }
    >
      <Section title={t('help.checks')}>
        <Checks />
      </Section>
      <Section title={t('help.diagnostics')}>
        <Card className={classes.card}>
          <Diagnostics />
        </Card>
      </Section>
      <Section title={t('help.links')}>
        <Links />
      </Section>
    </Screen>
  )
}

function Checks() {
  const app = useApp(({ value }) => value)
  const vault = useVault(({ value }) => value)
  const auth = useAuth(({ value }) => value)
  const catalog = useCatalog(({ value }) => value)
  const health = useHealth(({ value }) => value)
  const clients = useClients(({ value }) => value)
  if (!app) return <RowsSkeleton count={6} height={40} />
  return (
    <Card>
      <ul className={classes.checks}>
        {toChecks({ app, vault, auth, catalog, health, clients }).map((check) => (
          <CheckRow key={check.id} check={check} />
        ))}
      </ul>
    </Card>
  )
}

function CheckRow({ check: { name, about, level, text, problem, server, client, path } }: { check: Check }) {
  const onRetry = server ? () => recheck(server) : undefined
  const remedy = problem && findRemedy(problem, { onRetry, client, path })
  const detail = problem && detailBeside(problem, about)
  return (
    <li className={classes.check} data-level={level}>
      <LevelIcon level={level} />
      <span className={classes.name} title={name}>
        {name}
        <VisuallyHidden component="span">: {t(`levels.${level}`)}</VisuallyHidden>
      </span>
      <span className={classes.text}>
        {text}
        {problem && (
          <>
            {detail && ` (${detail})`} <code>{problem.code}</code>
          </>
        )}
      </span>
      {remedy && (
        <ActionButton size="xs" variant="default" onAct={remedy.run}>
          {remedy.label}
        </ActionButton>
      )}
      {!remedy && client && level === 'needs-you' && (
        <ActionButton
          size="xs"
          variant="default"
          aria-label={`${t('common.open')}: ${about}`}
          onAct={() => showScreen('apps', client)}
        >
          {t('common.open')}
        </ActionButton>
      )}
    </li>
  )
}

function Links() {
  const company = useApp(({ value }) => value?.company)
  return (
    <Group gap="lg">
      {company?.supportUrl && (
        <ExternalLink href={company.supportUrl} text={t('help.companyHelp', { company: company.name })} />
      )}
      <ExternalLink href={brand.helpUrl} text={t('help.productHelp')} />
    </Group>
  )
}

function ExternalLink({ href, text }: { href: string; text: string }) {
  return (
    <Anchor href={href} target="_blank" rel="noreferrer">
      {text} <IconExternalLink size={14} aria-hidden style={{ verticalAlign: '-2px' }} />
    </Anchor>
  )
}
