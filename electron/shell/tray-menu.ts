import type { MenuItemConstructorOptions } from 'electron'
import { brand } from '../../shared/brand.ts'
import type { CallRow } from '../../shared/contract/activity.ts'
import type { Screen } from '../../shared/contract/app.ts'
import type { ClientApp } from '../../shared/contract/clients.ts'
import type { Need, ServerHealth } from '../../shared/contract/health.ts'
import type { Remedy } from '../../shared/problems.ts'
import { en } from '../../shared/texts/en.ts'
import { fill } from '../../shared/texts/fill.ts'
import type { TrayState } from './tray-state.ts'

/** What a click in the tray may ask for. Nothing here changes a file: such a change is shown in the window first. */
export type TrayActions = {
  open: (screen: Screen | null) => void
  signIn: () => void
  cancelSignIn: () => void
  signOut: () => void
  recheck: (server: string) => void
  checkNow: () => void
  help: () => void
  quit: () => void
}
type Items = MenuItemConstructorOptions[]
const mostItems = 25
const line: MenuItemConstructorOptions = { type: 'separator' }

/** The whole menu from the mirrored state. Every item that does something has an id that stays. */
export function trayMenu(state: TrayState, act: TrayActions): Items {
  const { health, catalog, clients, calls, app } = state
  return [
    { id: 'state', label: text(`${app.company?.name ?? brand.product}: ${health.sentence}`), enabled: false },
    ...account(state, act),
    line,
    ...needs(health.needs, act),
    ...servers(state, act),
    ...apps(clients, act),
    {
      id: 'recent',
      label: en.tray.recent,
      submenu: [
        ...calls.map((call) => recentCall(call, clients, catalog.servers)),
        ...(calls.length > 0 ? [line] : []),
        { id: 'open-activity', label: en.tray.openActivity, click: () => act.open('activity') },
      ],
    },
    line,
    { id: 'check', label: en.tray.checkNow, click: act.checkNow },
    { id: 'open', label: en.tray.open, click: () => act.open(null) },
    { id: 'help', label: en.tray.help, click: act.help },
    line,
    { id: 'quit', label: en.tray.quit, click: act.quit },
  ]
}

function account({ auth, app }: TrayState, act: TrayActions): Items {
  if (auth.state === 'signing-in')
    return [
      { id: 'account', label: en.help.check.authWaiting, click: () => act.open('account') },
      { id: 'cancel-sign-in', label: en.common.cancel, click: act.cancelSignIn },
    ]
  if (auth.state === 'signed-out')
    return app.company
      ? [{ id: 'sign-in', label: text(fill(en.signIn.buttonAt, { company: app.company.name })), click: act.signIn }]
      : [{ id: 'account', label: en.header.noCompany, click: () => act.open('home') }]
  const name = auth.account.email ?? auth.account.name
  return [
    ...(auth.state === 'needs-sign-in'
      ? [{ id: 'sign-in', label: en.notifications.signIn.title, click: act.signIn }]
      : []),
    {
      id: 'account',
      label: text(fill(en.tray.signedInAs, { name })),
      submenu: [
        { id: 'open-account', label: en.tray.account, click: () => act.open('account') },
        { id: 'sign-out', label: en.account.signOut, click: act.signOut },
      ],
    },
  ]
}

function needs(list: Need[], act: TrayActions): Items {
  if (list.length === 0) return []
  const items = list.slice(0, mostItems).map((need) => ({
    id: `need:${need.id}`,
    label: text(`${need.subject}: ${need.problem.title}`),
    click: () => (need.problem.remedy === 'sign-in' ? act.signIn() : act.open(screenOf(need.problem.remedy))),
  }))
  return [{ id: 'needs', label: fill(en.tray.needsYou, { count: list.length }), submenu: items }]
}

const screens: Partial<Record<Remedy, Screen>> = {
  'open-activity': 'activity',
  'open-servers': 'servers',
  'open-apps': 'apps',
  'open-file': 'apps',
  repair: 'apps',
  connect: 'connections',
  'enter-key': 'connections',
  'enter-passphrase': 'settings',
  'ask-it': 'help',
}
const screenOf = (remedy: Remedy): Screen => screens[remedy] ?? 'home'

function servers({ catalog, health }: TrayState, act: TrayActions): Items {
  const allowed = catalog.servers.filter((server) => server.allowed)
  const states = new Map(health.servers.map((server) => [server.server, server]))
  const items = allowed.slice(0, mostItems).map((server) => ({
    id: `server:${server.id}`,
    label: text(`${server.name}: ${stateOf(states.get(server.id))}`),
    submenu: [
      { id: `server:${server.id}:check`, label: en.server.recheck, click: () => act.recheck(server.id) },
      { id: `server:${server.id}:open`, label: en.common.open, click: () => act.open('servers') },
    ],
  }))
  const ready = health.servers.filter((server) => server.state === 'ok').length
  return group('servers', fill(en.tray.servers, { ready, total: allowed.length }), items, () => act.open('servers'))
}
const stateOf = (health: ServerHealth | undefined) => en.levels[health?.state ?? 'working']

function apps(clients: ClientApp[], act: TrayActions): Items {
  const installed = clients.filter((client) => client.installed)
  const items = installed.slice(0, mostItems).map((client) => ({
    id: `app:${client.id}`,
    label: text(`${client.name}: ${client.toFinish ?? en.apps.states[client.state]}`),
    click: () => act.open('apps'),
  }))
  const ready = installed.filter((client) => client.state === 'set-up').length
  return group('apps', fill(en.tray.apps, { ready, total: installed.length }), items, () => act.open('apps'))
}

/** An empty submenu cannot be clicked, and a long one cannot be read: both lead to the screen instead. */
function group(id: string, label: string, items: Items, open: () => void): Items {
  if (items.length === 0) return [{ id, label, click: open }]
  const all = { id: `${id}:all`, label: en.common.open, click: open }
  return [{ id, label, submenu: [...items, line, all] }]
}

function recentCall(call: CallRow, clients: ClientApp[], servers: { id: string; name: string }[]) {
  const from = clients.find(({ id }) => id === call.client)?.name ?? call.clientName ?? en.activity.unknownApp
  const to = servers.find(({ id }) => id === call.server)?.name ?? call.server
  const time = new Date(call.time).toLocaleTimeString(undefined, { hour: '2-digit', minute: '2-digit' })
  const what = call.target ?? call.method
  return {
    id: `call:${call.id}`,
    label: text(`${time} ${from} → ${to} ${what}: ${en.activity.outcomes[call.outcome]}`),
    enabled: false,
  }
}

/** Names come from servers and clients: no line breaks or hidden marks, not too long, and `&` is no shortcut mark. */
function text(label: string) {
  const plain = label.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ').trim()
  const short = plain.length > 80 ? `${plain.slice(0, 79)}…` : plain
  return short.replaceAll('&', '&&')
}
