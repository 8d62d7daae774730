import { Avatar, Badge, Button, Checkbox, Group, Modal, Text, Title } from '@mantine/core'
import { IconLogout, IconUserUp } from '@tabler/icons-react'
import { useState } from 'react'
import type { Account, AuthState } from '../../../shared/contract/auth.ts'
import { useApp } from '../../stores/app.ts'
import { signOut, signOutOfBrowser, switchAccount } from '../../stores/auth.ts'
import { t } from '../../texts.ts'
import { ActionButton } from '../../ui/action-button.tsx'
import { Facts } from '../../ui/facts.tsx'
import { formatDateTime, formatInitials } from '../../ui/format.ts'
import { Card } from '../../ui/screen.tsx'
import classes from './account-screen.module.css'

type Props = { auth: AuthState; account: Account }

export function AccountCard({ auth, account }: Props) {
  const [asking, setAsking] = useState(false)
  const company = useApp(({ value }) => value?.company)
  return (
    <Card>
      <div className={classes.who}>
        <Avatar size={52} radius="xl" variant="light" color="tide">
          {formatInitials(account.name)}
        </Avatar>
        <div className={classes.names}>
          <Title order={2}>{account.name}</Title>
          <p>{account.email ?? company?.name}</p>
        </div>
        <ActionButton
          variant="subtle"
          color="gray"
          leftSection={<IconUserUp size={16} aria-hidden />}
          onAct={switchAccount}
        >
          {t('account.switchAccount')}
        </ActionButton>
        <Button variant="default" leftSection={<IconLogout size={16} aria-hidden />} onClick={() => setAsking(true)}>
          {t('account.signOut')}
        </Button>
      </div>
      <div className={classes.facts}>
        <Facts
          facts={[
            company ? { name: t('account.company'), value: company.name } : null,
            { name: t('account.groups'), value: <Groups groups={account.groups} /> },
            { name: t('account.issuer'), value: account.issuer, mono: true },
            auth.state === 'signed-in' && { name: t('account.session'), value: sessionText(auth.expiresAt) },
            auth.state === 'signed-in' && { name: t('account.kept'), value: t(`account.keptIn.${auth.kept}`) },
          ]}
        />
      </div>
      <SignOutDialog opened={asking} company={company?.name ?? ''} onClose={() => setAsking(false)} />
    </Card>
  )
}

const sessionText = (expiresAt: string | null) =>
  expiresAt ? t('account.sessionUntil', { time: formatDateTime(expiresAt) }) : t('account.sessionNone')

function Groups({ groups }: { groups: string[] }) {
  if (groups.length === 0) return <Text c="dimmed">{t('account.noGroups')}</Text>
  return (
    <div className={classes.groups}>
      {groups.map((group) => (
        <Badge key={group} variant="default">
          {group}
        </Badge>
      ))}
    </div>
  )
}

function SignOutDialog({ opened, company, onClose }: { opened: boolean; company: string; onClose: () => void }) {
  const [browserToo, setBrowserToo] = useState(false)
  const go = async () => {
    await (browserToo ? signOutOfBrowser() : signOut())
    onClose()
  }
  return (
    <Modal opened={opened} onClose={onClose} title={t('account.signOutTitle', { company })}>
      <Text>{t('account.signOutText')}</Text>
      <ul className={classes.points}>
        <li>{t('account.signOutPoints.tokens')}</li>
        <li>{t('account.signOutPoints.apps')}</li>
        <li>{t('account.signOutPoints.activity')}</li>
      </ul>
      <Checkbox
        mt="md"
        label={t('account.signOutBrowser')}
        checked={browserToo}
        onChange={(event) => setBrowserToo(event.currentTarget.checked)}
      />
      <Group justify="flex-end" mt="lg">
        <Button variant="default" onClick={onClose}>
          {t('common.cancel')}
        </Button>
        <ActionButton onAct={go}>{t('account.signOut')}</ActionButton>
      </Group>
    </Modal>
  )
}
