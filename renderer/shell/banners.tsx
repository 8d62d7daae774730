import { useApp } from '../stores/app.ts'
import { cancelSignIn, retryAuth, signIn, useAuth } from '../stores/auth.ts'
import { type Banner, type BannerKind, toBanners } from '../stores/banners.ts'
import { refreshCatalog, useCatalog } from '../stores/catalog.ts'
import { askForPassphrase, askToReset, retryVault, useVault } from '../stores/vault.ts'
import { hashOf, showScreen } from '../stores/view.ts'
import { t } from '../texts.ts'
import { ActionButton } from '../ui/action-button.tsx'
import { formatDateTime } from '../ui/format.ts'
import levels from '../ui/level.module.css'
import { LevelIcon } from '../ui/level.tsx'
import classes from './banners.module.css'

const actions: Record<BannerKind, { label: () => string; run: () => unknown }> = {
  locked: { label: () => t('remedies.unlock-keychain'), run: retryVault },
  passphrase: { label: () => t('remedies.enter-passphrase'), run: () => askForPassphrase('unlock') },
  'vault-broken': { label: () => t('remedies.reset-vault'), run: askToReset },
  'vault-news': { label: () => t('banners.checkAgain'), run: retryVault },
  memory: { label: () => t('banners.checkAgain'), run: retryVault },
  'signed-out': { label: () => t('signIn.button'), run: signIn },
  'signing-in': { label: () => t('banners.open'), run: () => showScreen('account') },
  'needs-sign-in': { label: () => t('signIn.button'), run: signIn },
  offline: { label: () => t('banners.checkAgain'), run: retryAuth },
  stale: { label: () => t('banners.refresh'), run: refreshCatalog },
}

export function Banners() {
  const auth = useAuth(({ value }) => value)
  const vault = useVault(({ value }) => value)
  const catalog = useCatalog(({ value }) => value)
  const hasCompany = useApp(({ value }) => value?.company != null)
  const banners = toBanners({ auth, vault, catalog, hasCompany })
  return (
    <section className={classes.banners} aria-label={t('banners.label')} aria-live="polite">
      {banners.map((banner) => (
        <BannerRow key={banner.kind} banner={banner} />
      ))}
    </section>
  )
}

function BannerRow({ banner: { kind, level, problem, date } }: { banner: Banner }) {
  const { label, run } = actions[kind]
  return (
    <div className={`${levels[level]} ${classes.banner}`}>
      <LevelIcon level={level} />
      <div className={classes.text}>
        <strong>{kind === 'vault-news' ? problem?.title : t(`banners.${kind}.title`)}</strong> {textOf(kind, date)}{' '}
        {/* What the system says about its keychain helps whoever mends it, not on every screen. */}
        {kind === 'memory' ? (
          <a href={hashOf('help')}>{t('banners.why')}</a>
        ) : (
          problem?.detail && <> ({problem.detail})</>
        )}
      </div>
      {kind === 'memory' && (
        <ActionButton size="xs" variant="default" onAct={() => askForPassphrase('choose')}>
          {t('passphrase.choose')}
        </ActionButton>
      )}
      {kind === 'signing-in' && (
        <ActionButton size="xs" variant="default" onAct={cancelSignIn}>
          {t('common.cancel')}
        </ActionButton>
      )}
      <ActionButton size="xs" variant={level === 'needs-you' ? 'filled' : 'default'} onAct={run}>
        {label()}
      </ActionButton>
    </div>
  )
}

function textOf(kind: BannerKind, date: string | undefined) {
  if (kind === 'vault-news') return null
  if (kind !== 'stale') return t(`banners.${kind}.text`)
  return date ? t('banners.stale.text', { date: formatDateTime(date) }) : t('banners.staleUnknown')
}
