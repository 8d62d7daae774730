import { Button, Title } from '@mantine/core'
import { IconBuilding } from '@tabler/icons-react'
import { useApp } from '../../stores/app.ts'
import { findAccount, useAuth } from '../../stores/auth.ts'
import { showScreen } from '../../stores/view.ts'
import { t } from '../../texts.ts'
import { EmptyState } from '../../ui/empty-state.tsx'
import { ProblemBar } from '../../ui/problem-bar.tsx'
import { RowsSkeleton } from '../../ui/rows-skeleton.tsx'
import { Card, Screen } from '../../ui/screen.tsx'
import { SignInCard } from '../../ui/sign-in-card.tsx'
import { AccountCard } from './account-card.tsx'
import classes from './account-screen.module.css'

export function AccountScreen() {
  return (
    <Screen title={t('account.title')}>
      <Content />
    </Screen>
  )
}

function Content() {
  const auth = useAuth(({ value }) => value)
  const app = useApp(({ value }) => value)
  if (!auth || !app) return <RowsSkeleton count={1} height={180} />
  if (!app.company)
    return (
      <Card>
        <EmptyState icon={IconBuilding} title={t('account.noCompany.title')} text={t('account.noCompany.text')}>
          <Button onClick={() => showScreen('settings')}>{t('remedies.set-company')}</Button>
        </EmptyState>
      </Card>
    )
  const account = findAccount(auth)
  const title = auth.state === 'needs-sign-in' ? t('banners.needs-sign-in.title') : t('account.signedOut.title')
  const text = auth.state === 'needs-sign-in' ? t('banners.needs-sign-in.text') : t('account.signedOut.text')
  const asks = auth.state === 'signed-out' || auth.state === 'signing-in' || auth.state === 'needs-sign-in'
  return (
    <>
      {!asks && <ProblemBar of={useAuth} />}
      {asks && (
        <Card className={classes.card}>
          {auth.state !== 'signing-in' && (
            <>
              <Title order={2}>{title}</Title>
              <p>{text}</p>
            </>
          )}
          <SignInCard />
        </Card>
      )}
      {account && <AccountCard auth={auth} account={account} />}
    </>
  )
}
