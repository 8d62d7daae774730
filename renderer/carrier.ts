import type { Carrier } from '../shared/ipc.ts'
import { createHttpCarrier, takeToken } from './http-carrier.ts'
import { setConnection } from './stores/connection.ts'

declare global {
  /** Put there by the app's preload; absent where the window is a page in a browser. */
  var causeway: Carrier | undefined
}

let loopback: Carrier | undefined

/** The way to the core: the preload's in the app, loopback HTTP in a browser. */
export function getCarrier(): Carrier {
  if (globalThis.causeway) return globalThis.causeway
  loopback ??= createHttpCarrier({
    token: takeToken(location, history),
    fetch: (path, init) => fetch(path, init),
    openEvents: (path) => new EventSource(path),
    wait: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    onState: setConnection,
  })
  return loopback
}
