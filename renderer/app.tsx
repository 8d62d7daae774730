import { MantineProvider } from '@mantine/core'
import { Notifications } from '@mantine/notifications'
import { useEffect } from 'react'
import { WelcomeScreen } from './screens/welcome/welcome-screen.tsx'
import { Frame } from './shell/frame.tsx'
import { LostCover, RefusedWindow, StartingWindow } from './shell/full-window.tsx'
import { PassphraseDialog } from './shell/passphrase-dialog.tsx'
import { ResetDialog } from './shell/reset-dialog.tsx'
import { useShortcuts } from './shell/shortcuts.ts'
import { useConnection } from './stores/connection.ts'
import { openStores } from './stores/open-stores.ts'
import { useSettings } from './stores/settings.ts'
import { openView } from './stores/view.ts'
import { useStarting, useWelcome } from './stores/welcome.ts'
import { theme } from './theme.ts'

// The theme is a setting of the app, not of this browser.
const noManager = {
  get: () => 'auto' as const,
  set: () => {},
  subscribe: () => {},
  unsubscribe: () => {},
  clear: () => {},
}

export function App() {
  const generation = useConnection((connection) => connection.generation)
  // biome-ignore lint/correctness/useExhaustiveDependencies: after a lost connection everything is asked for again
  useEffect(openStores, [generation])
  useEffect(openView, [])
  useShortcuts()
  const choice = useSettings(({ value }) => value?.theme)
  return (
    <MantineProvider
      theme={theme}
      withCssVariables={false}
      withGlobalClasses={false}
      defaultColorScheme="auto"
      colorSchemeManager={noManager}
      {...(choice === 'light' || choice === 'dark' ? { forceColorScheme: choice } : {})}
    >
      <Notifications position="bottom-right" limit={3} autoClose={4000} />
      <Window />
      <ResetDialog />
      <PassphraseDialog />
    </MantineProvider>
  )
}

function Window() {
  const connection = useConnection(({ state }) => state)
  const welcome = useWelcome()
  const starting = useStarting()
  if (connection === 'refused') return <RefusedWindow />
  if (starting) return <StartingWindow />
  const lost = connection === 'lost'
  return (
    <>
      <div inert={lost}>{welcome ? <WelcomeScreen /> : <Frame />}</div>
      {lost && <LostCover />}
    </>
  )
}
