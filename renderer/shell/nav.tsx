import { VisuallyHidden } from '@mantine/core'
import {
  IconActivity,
  IconApps,
  IconHelpCircle,
  IconHome,
  IconKey,
  IconServer2,
  IconSettings,
  IconUserCircle,
  type TablerIcon,
} from '@tabler/icons-react'
import { brand } from '../../shared/brand.ts'
import type { Screen } from '../../shared/contract/app.ts'
import { useApp } from '../stores/app.ts'
import { useBadges } from '../stores/badges.ts'
import { hashOf, useView } from '../stores/view.ts'
import { t } from '../texts.ts'
import { Logo } from './logo.tsx'
import classes from './nav.module.css'

const icons: Record<Screen, TablerIcon> = {
  home: IconHome,
  servers: IconServer2,
  apps: IconApps,
  activity: IconActivity,
  connections: IconKey,
  account: IconUserCircle,
  settings: IconSettings,
  help: IconHelpCircle,
}
const work: Screen[] = ['home', 'servers', 'apps', 'activity', 'connections']
const about: Screen[] = ['account', 'settings', 'help']

export function Nav() {
  const company = useApp(({ value }) => value?.company?.name)
  return (
    <nav className={classes.nav} aria-label={t('nav.label')}>
      <div className={classes.brand}>
        <Logo />
        <div className={classes.names}>
          <div className={classes.product}>{brand.product}</div>
          <div className={classes.company} title={company}>
            {company ?? t('header.noCompany')}
          </div>
        </div>
      </div>
      <NavList screens={work} />
      <NavList screens={about} />
    </nav>
  )
}

function NavList({ screens }: { screens: Screen[] }) {
  return (
    <ul className={classes.list}>
      {screens.map((screen) => (
        <li key={screen}>
          <NavLink screen={screen} />
        </li>
      ))}
    </ul>
  )
}

function NavLink({ screen }: { screen: Screen }) {
  const current = useView((view) => view.screen === screen)
  const count = useBadges()[screen] ?? 0
  const Icon = icons[screen]
  return (
    <a href={hashOf(screen)} className={classes.link} aria-current={current ? 'page' : undefined}>
      <Icon size={18} stroke={1.7} aria-hidden />
      {t(`nav.${screen}`)}
      {count > 0 && (
        <span className={classes.badge}>
          <span aria-hidden>{count}</span>
          <VisuallyHidden component="span">, {t('nav.badge', { count })}</VisuallyHidden>
        </span>
      )}
    </a>
  )
}
