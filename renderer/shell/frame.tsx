import { useRef } from 'react'
import type { Screen } from '../../shared/contract/app.ts'
import { AccountScreen } from '../screens/account/account-screen.tsx'
import { ActivityScreen } from '../screens/activity/activity-screen.tsx'
import { AppsScreen } from '../screens/apps/apps-screen.tsx'
import { ConnectionsScreen } from '../screens/connections/connections-screen.tsx'
import { HelpScreen } from '../screens/help/help-screen.tsx'
import { HomeScreen } from '../screens/home/home-screen.tsx'
import { ServersScreen } from '../screens/servers/servers-screen.tsx'
import { SettingsScreen } from '../screens/settings/settings-screen.tsx'
import { useView } from '../stores/view.ts'
import { t } from '../texts.ts'
import { Banners } from './banners.tsx'
import classes from './frame.module.css'
import { Header } from './header.tsx'
import { Nav } from './nav.tsx'

const screens: Record<Screen, () => React.JSX.Element> = {
  home: HomeScreen,
  servers: ServersScreen,
  apps: AppsScreen,
  activity: ActivityScreen,
  connections: ConnectionsScreen,
  account: AccountScreen,
  settings: SettingsScreen,
  help: HelpScreen,
}

/** What stays while screens change: the navigation, the state of the whole, what is wrong right now. */
export function Frame() {
  const screen = useView((view) => view.screen)
  const content = useRef<HTMLElement>(null)
  const Current = screens[screen]
  return (
    <div className={classes.frame}>
      <button type="button" className={classes.skip} onClick={() => content.current?.focus()}>
        {t('common.skipToContent')}
      </button>
      <Nav />
      <div className={classes.main}>
        <Header />
        <Banners />
        <main ref={content} className={classes.content} tabIndex={-1} aria-label={t(`nav.${screen}`)}>
          <Current />
        </main>
      </div>
    </div>
  )
}
