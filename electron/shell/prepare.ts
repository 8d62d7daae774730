import { mkdirSync } from 'node:fs'
import { app } from 'electron'
import { brand } from '../../shared/brand.ts'
import type { Screen } from '../../shared/contract/app.ts'
import { registerScheme } from './app-protocol.ts'
import { findDeepLink, parseDeepLink } from './deep-link.ts'

type Listener = (screen: Screen | null) => void
export type Prepared = { onOpen: (listener: Listener) => void }

/**
 * What Electron must be told before it is ready. Null when another copy runs already: that one shows its window, and
 * this one ends. `onOpen` tells of every later start and deep link, also of those that came before anyone listened.
 */
export function prepareApp({ userData }: { userData: string }): Prepared | null {
  app.enableSandbox()
  app.setName(brand.product)
  // Windows shows no notification of an app that has not said who it is.
  if (process.platform === 'win32') app.setAppUserModelId(brand.appId)
  mkdirSync(userData, { recursive: true, mode: 0o700 })
  app.setPath('userData', userData)
  registerScheme()
  if (!app.requestSingleInstanceLock()) return null

  let listener: Listener | null = null
  const early: (Screen | null)[] = []
  const opened = (screen: Screen | null) => (listener ? listener(screen) : early.push(screen))
  app.on('second-instance', (_event, argv) => opened(findDeepLink(argv)))
  app.on('open-url', (event, url) => {
    event.preventDefault()
    opened(parseDeepLink(url))
  })
  return {
    onOpen(next) {
      listener = next
      for (const screen of early.splice(0)) next(screen)
    },
  }
}
