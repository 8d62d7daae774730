import { openApp } from './app.ts'
import { openAuth } from './auth.ts'
import { openCatalog } from './catalog.ts'
import { openClients } from './clients.ts'
import { openClock } from './clock.ts'
import { openConnections } from './connections.ts'
import { openHealth } from './health.ts'
import { openPolicy } from './policy.ts'
import { openSettings } from './settings.ts'
import { openVault } from './vault.ts'

/** Opens the mirror of every room that all screens share; the activity log is opened by the screens that show it. */
export function openStores() {
  const stopClock = openClock()
  const opened = [
    openApp,
    openAuth,
    openVault,
    openCatalog,
    openHealth,
    openConnections,
    openClients,
    openSettings,
    openPolicy,
  ].map((open) => open())
  return () => {
    stopClock()
    for (const store of opened) void store.then((close) => close())
  }
}
