import { create } from 'zustand'
import { Screen } from '../../shared/contract/app.ts'
import { ConnectionId } from '../../shared/contract/connections.ts'
import { ClientId, ServerId } from '../../shared/ids.ts'

type View = {
  screen: Screen /** What is shown in detail beside the list. */
  server: ServerId | null
  client: ClientId | null
  connection: ConnectionId | null
}

/** Where the person is. It stands in the address (`#/servers/github`), so back, forward and reload work. */
export const useView = create<View>(() => ({ screen: 'home', server: null, client: null, connection: null }))

export function parseHash(hash: string): View {
  const [, name, detail] = hash.split('/')
  const screen = Screen.safeParse(name).data ?? 'home'
  return {
    screen,
    server: (screen === 'servers' && ServerId.safeParse(detail).data) || null,
    client: (screen === 'apps' && ClientId.safeParse(detail).data) || null,
    connection: (screen === 'connections' && ConnectionId.safeParse(detail).data) || null,
  }
}

export function openView() {
  const follow = () => useView.setState(parseHash(location.hash))
  follow()
  addEventListener('hashchange', follow)
  return () => removeEventListener('hashchange', follow)
}

export const hashOf = (screen: Screen, detail?: string) => `#/${screen}${detail ? `/${detail}` : ''}`

export function showScreen(screen: Screen, detail?: string) {
  location.hash = hashOf(screen, detail)
}
