import { Anchor, Button, Group, Stack, Text } from '@mantine/core'
import { IconCopy, IconLogin2 } from '@tabler/icons-react'
import type { AuthState } from '../../shared/contract/auth.ts'
import { useApp } from '../stores/app.ts'
import { cancelSignIn, signIn, signInWithDevice, useAuth } from '../stores/auth.ts'
import { t } from '../texts.ts'
import { ActionButton } from './action-button.tsx'
import { copyText } from './copy.ts'
import { LevelTile } from './level.tsx'
import { ProblemBar } from './problem-bar.tsx'
import { ProblemNote } from './problem-note.tsx'
import { QrCode } from './qr-code.tsx'
import classes from './sign-in-card.module.css'

/** Everything about getting signed in: the button, the wait for the browser, what went wrong the last time. */
export function SignInCard() {
  const auth = useAuth(({ value }) => value)
  const said = useAuth(({ problem }) => problem?.code)
  const company = useApp(({ value }) => value?.company?.name)
  const mayUseDevice = useApp(({ value }) => value?.company?.deviceCode ?? true)
  if (auth?.state === 'signing-in') return auth.device ? <OnDevice device={auth.device} /> : <Waiting auth={auth} />
  const problem = auth && 'problem' in auth ? auth.problem : null
  const label = company ? t('signIn.buttonAt', { company }) : t('signIn.button')
  return (
    <Stack gap="md">
      <ProblemBar of={useAuth} onRetry={signIn} />
      {/* The core often says the same as the call that failed; once is enough. */}
      {problem && problem.code !== said && <ProblemNote problem={{ ...problem, remedy: 'none' }} level="needs-you" />}
      <div>
        <ActionButton size="md" leftSection={<IconLogin2 size={18} aria-hidden />} onAct={signIn}>
          {label}
        </ActionButton>
      </div>
      <Text c="dimmed" size="sm">
        {t('signIn.opens')}{' '}
        {mayUseDevice && (
          <Anchor component="button" type="button" size="sm" onClick={() => void signInWithDevice()}>
            {t('signIn.device.instead')}
          </Anchor>
        )}
      </Text>
    </Stack>
  )
}

type Device = { userCode: string; verificationUrl: string; qr: string[] }

function OnDevice({ device: { userCode, verificationUrl, qr } }: { device: Device }) {
  return (
    <div className={classes.waiting} role="status">
      <div className={classes.line}>
        <LevelTile level="working" />
        <div>
          <div className={classes.title}>{t('signIn.device.title')}</div>
          <p>{t('signIn.device.text', { url: verificationUrl })}</p>
        </div>
      </div>
      <div className={classes.codes}>
        <div className={classes.code}>{userCode}</div>
        <QrCode rows={qr} label={t('signIn.device.qr')} />
      </div>
      <Group gap="xs">
        <Button
          variant="default"
          leftSection={<IconCopy size={16} aria-hidden />}
          onClick={() => void copyText(verificationUrl, t('signIn.waiting.linkCopied'))}
        >
          {t('signIn.waiting.copyLink')}
        </Button>
        <ActionButton variant="subtle" color="gray" onAct={cancelSignIn}>
          {t('signIn.waiting.cancel')}
        </ActionButton>
      </Group>
    </div>
  )
}

function Waiting({ auth }: { auth: Extract<AuthState, { state: 'signing-in' }> }) {
  const { loginUrl, browserOpened, hint } = auth
  return (
    <div className={classes.waiting} role="status">
      <div className={classes.line}>
        <LevelTile level="working" />
        <div>
          <div className={classes.title}>{t('signIn.waiting.title')}</div>
          <p>{browserOpened ? t('signIn.waiting.text') : t('signIn.waiting.notOpened')}</p>
        </div>
      </div>
      {hint && (
        <div className={classes.hint}>
          <strong>{t('signIn.waiting.hintTitle')}</strong> {hint}
        </div>
      )}
      <Group gap="xs">
        <Button
          variant={browserOpened ? 'default' : 'filled'}
          leftSection={<IconCopy size={16} aria-hidden />}
          onClick={() => void copyText(loginUrl, t('signIn.waiting.linkCopied'))}
        >
          {t('signIn.waiting.copyLink')}
        </Button>
        <ActionButton variant="subtle" color="gray" onAct={cancelSignIn}>
          {t('signIn.waiting.cancel')}
        </ActionButton>
      </Group>
    </div>
  )
}
