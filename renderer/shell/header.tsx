import { Avatar, Skeleton } from '@mantine/core'
import { findAccount, useAuth } from '../stores/auth.ts'
import { useHealth } from '../stores/health.ts'
import { hashOf, useView } from '../stores/view.ts'
import { t } from '../texts.ts'
import { formatInitials } from '../ui/format.ts'
import { LevelIcon } from '../ui/level.tsx'
import classes from './header.module.css'

// Not a <header>: Mantine's dialogs have one, and a page has one banner.
export function Header() {
  return (
    <section className={classes.header} aria-label={t('header.label')}>
      <Status />
      <AccountLink />
    </section>
  )
}

function Status() {
  // Home says it itself, larger.
  const isHome = useView(({ screen }) => screen === 'home')
  const health = useHealth(({ value }) => value)
  if (isHome) return <span />
  if (!health) return <Skeleton w={160} h={18} />
  const { overall, sentence } = health
  return (
    <a href={hashOf('home')} className={classes.status} aria-label={t('header.status', { sentence })}>
      <LevelIcon level={overall} />
      <span aria-live="polite">{sentence}</span>
    </a>
  )
}

function AccountLink() {
  const auth = useAuth(({ value }) => value)
  if (!auth) return <Skeleton w={120} h={18} />
  const account = findAccount(auth)
  const name = account?.name ?? t('header.signedOut')
  return (
    <a
      href={hashOf('account')}
      className={classes.account}
      aria-label={account ? t('header.account', { name }) : undefined}
    >
      <span className={classes.name}>{name}</span>
      <Avatar size={28} radius="xl" variant="light" color={account ? 'tide' : 'gray'}>
        {account ? formatInitials(account.name) : null}
      </Avatar>
    </a>
  )
}
