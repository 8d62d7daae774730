import type { MenuItemConstructorOptions } from 'electron'
import { expect, test } from 'vitest'
import type { ClientApp } from '../../shared/contract/clients.ts'
import type { HealthLevel } from '../../shared/contract/health.ts'
import type { ClientId, ServerId } from '../../shared/ids.ts'
import { Problem } from '../../shared/problems.ts'
import { createSignal } from '../lib/signal.ts'
import { drawTrayIcon, type TrayShape, trayShape } from './tray-icon.ts'
import { type TrayActions, trayMenu } from './tray-menu.ts'
import { mirrorCore, type TrayState } from './tray-state.ts'

const now = '2026-11-20T14:02:00.000Z'
const account = {
  id: 'a'.repeat(32) as never,
  issuer: 'https://sso',
  subject: '1',
  name: 'Ana',
  email: 'ana@corp.example',
  groups: [],
}
const github = 'github' as ServerId
const cursor: ClientApp = {
  id: 'cursor' as ClientId,
  name: 'Cursor',
  installed: true,
  version: null,
  running: true,
  configPath: '/c',
  state: 'set-up',
  entries: [],
  toFinish: null,
  problem: null,
  canUndo: true,
  proof: { bridgeAt: null, initializeAt: null, callAt: null },
}
const call = {
  id: 4,
  time: now,
  client: 'cursor' as ClientId,
  clientName: 'Cursor',
  server: github,
  method: 'tools/call',
  target: 'search',
  outcome: 'ok' as const,
  code: null,
  message: null,
  durationMs: 4,
  requestBytes: 1,
  responseBytes: 1,
}
const state: TrayState = {
  app: {
    product: 'Causeway',
    version: '1',
    mode: 'desktop',
    pid: 1,
    startedAt: now,
    dataFolder: '/d',
    problem: null,
    company: { name: 'R&D Corp', address: 'https://corp.example', deviceCode: true },
  },
  auth: { state: 'signed-in', account, expiresAt: null, kept: 'keychain' },
  catalog: {
    servers: [
      {
        id: github,
        name: 'GitHub',
        description: null,
        origin: 'company',
        transport: 'http',
        auth: 'sso',
        address: 'x',
        allowed: true,
        groups: [],
      },
      {
        id: 'secret' as ServerId,
        name: 'Secret',
        description: null,
        origin: 'company',
        transport: 'http',
        auth: 'sso',
        address: 'x',
        allowed: false,
        groups: ['a'],
      },
    ],
    fetchedAt: now,
    stale: false,
    problem: null,
  },
  health: {
    overall: 'ok',
    sentence: 'Everything works',
    needs: [],
    servers: [
      {
        server: github,
        state: 'ok',
        latencyMs: 3,
        checkedAt: now,
        toolCount: 1,
        protocolVersion: 'x',
        serverName: 'x',
      },
    ],
  },
  clients: [cursor],
  calls: [call],
}

function build(change: Partial<TrayState> = {}) {
  const done: string[] = []
  const act: TrayActions = {
    open: (screen) => done.push(`open ${screen}`),
    signIn: () => done.push('signIn'),
    cancelSignIn: () => done.push('cancelSignIn'),
    signOut: () => done.push('signOut'),
    recheck: (server) => done.push(`recheck ${server}`),
    checkNow: () => done.push('checkNow'),
    help: () => done.push('help'),
    quit: () => done.push('quit'),
  }
  const flat = (items: MenuItemConstructorOptions[]): MenuItemConstructorOptions[] =>
    items.flatMap((item) => [item, ...flat((item.submenu ?? []) as MenuItemConstructorOptions[])])
  const items = flat(trayMenu({ ...state, ...change }, act))
  const find = (id: string) => items.find((item) => item.id === id)
  const click = (id: string) => {
    ;(find(id)?.click as (() => void) | undefined)?.()
    return done.at(-1)
  }
  return { items, find, click, done }
}

test('the menu says what the window says, and every item has an id of its own', () => {
  const { items, find } = build()
  expect(find('state')?.label).toBe('R&&D Corp: Everything works')
  expect(find('account')?.label).toBe('Signed in as ana@corp.example')
  expect(find('servers')?.label).toBe('Servers (1/1)')
  expect(find('server:github')?.label).toBe('GitHub: Ready')
  expect(find('server:secret')).toBeUndefined()
  expect(find('apps')?.label).toBe('Apps (1/1)')
  expect(find('app:cursor')?.label).toBe('Cursor: Set up')
  expect(find('call:4')?.label).toMatch(/ Cursor → GitHub search: OK$/)
  expect(find('needs')).toBeUndefined()
  const ids = items.filter((item) => item.type !== 'separator').map((item) => item.id)
  expect(ids.every(Boolean)).toBe(true)
  expect(new Set(ids).size).toBe(ids.length)
})

test('each click does one thing', () => {
  const { click } = build()
  expect(click('open')).toBe('open null')
  expect(click('open-account')).toBe('open account')
  expect(click('sign-out')).toBe('signOut')
  expect(click('server:github:check')).toBe('recheck github')
  expect(click('server:github:open')).toBe('open servers')
  expect(click('app:cursor')).toBe('open apps')
  expect(click('open-activity')).toBe('open activity')
  expect(click('check')).toBe('checkNow')
  expect(click('help')).toBe('help')
  expect(click('quit')).toBe('quit')
})

test('what needs a person is listed with its one next step', () => {
  const needs = [
    {
      id: 'auth',
      subject: 'Sign-in',
      level: 'needs-you' as const,
      problem: new Problem('auth.signed-out').data,
      server: null,
    },
    {
      id: 'server:github',
      subject: 'GitHub',
      level: 'broken' as const,
      problem: new Problem('bridge.unreachable').data,
      server: github,
    },
  ]
  const { find, click } = build({ health: { ...state.health, overall: 'needs-you', needs } })
  expect(find('needs')?.label).toBe('Needs you (2)')
  expect(find('need:auth')?.label).toBe('Sign-in: You are signed out')
  expect(click('need:auth')).toBe('signIn')
  expect(click('need:server:github')).toBe('open home')
})

test('signed out, signing in and session ended each offer the next step', () => {
  expect(build({ auth: { state: 'signed-out', problem: null } }).click('sign-in')).toBe('signIn')
  const signingIn = {
    state: 'signing-in' as const,
    loginUrl: 'https://sso',
    browserOpened: true,
    startedAt: now,
    hint: null,
  }
  expect(build({ auth: signingIn }).click('cancel-sign-in')).toBe('cancelSignIn')
  const problem = new Problem('auth.signed-out').data
  expect(build({ auth: { state: 'needs-sign-in', account, problem } }).click('sign-in')).toBe('signIn')
  const bare = build({ auth: { state: 'signed-out', problem: null }, app: { ...state.app, company: null } })
  expect(bare.find('sign-in')).toBeUndefined()
  expect(bare.click('account')).toBe('open home')
})

test('two hundred servers do not make a menu of two hundred lines', () => {
  const [server] = state.catalog.servers
  if (!server) throw new Error('no server')
  const servers = Array.from({ length: 200 }, (_, n) => ({ ...server, id: `s${n}` as ServerId }))
  const { items, find, click } = build({ catalog: { ...state.catalog, servers } })
  expect(find('servers')?.label).toBe('Servers (1/200)')
  expect(items.length).toBeLessThan(120)
  expect(click('servers:all')).toBe('open servers')
})

test('names from outside cannot forge lines or shortcuts', () => {
  const name = `A\nQuit\u202e & B${'x'.repeat(200)}`
  const [server] = state.catalog.servers
  if (!server) throw new Error('no server')
  const { find } = build({ catalog: { ...state.catalog, servers: [{ ...server, name }] } })
  const label = find('server:github')?.label ?? ''
  expect(label).toMatch(/^A Quit && B|^A Quit {2}&& B/)
  expect(label).not.toMatch(/[\n\u202e]/)
  expect(label.length).toBeLessThanOrEqual(81)
})

test('the icon tells by shape: signed out, offline, and each level of health', () => {
  const shape = (overall: HealthLevel, auth: TrayState['auth'] = state.auth) =>
    trayShape({ auth, health: { ...state.health, overall } })
  const levels = ['ok', 'working', 'needs-you', 'waiting', 'blocked', 'broken'] as const
  expect(levels.map((level) => shape(level))).toEqual(['ok', 'arrows', 'dot', 'hollow', 'bar', 'cross'])
  expect(shape('needs-you', { state: 'signed-out', problem: null })).toBe('lock')
  expect(shape('ok', { state: 'offline', account, problem: new Problem('bridge.offline').data })).toBe('hollow')
})

test('the icons are PNGs that differ without colour, at both sizes', () => {
  const shapes: TrayShape[] = ['ok', 'dot', 'hollow', 'lock', 'arrows', 'bar', 'cross']
  for (const size of [16, 36]) {
    const drawn = shapes.map((shape) => drawTrayIcon(shape, size, true))
    expect(new Set(drawn.map((png) => png.toString('base64'))).size).toBe(shapes.length)
    for (const png of drawn) {
      expect(png.subarray(0, 8).toString('hex')).toBe('89504e470d0a1a0a')
      expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([size, size])
    }
  }
})

test('the mirror follows every room of the core, and news that come while it asks are not lost', async () => {
  const signals = {
    app: createSignal<TrayState['app']>(),
    auth: createSignal<TrayState['auth']>(),
    catalog: createSignal<TrayState['catalog']>(),
    health: createSignal<TrayState['health']>(),
    clients: createSignal<ClientApp[]>(),
    added: createSignal<(typeof call)[]>(),
  }
  const offline = { ...state.health, overall: 'waiting' as const, sentence: 'Offline' }
  let pages = 0
  const api = {
    app: { snapshot: async () => state.app, changed: signals.app.on },
    auth: { snapshot: () => state.auth, changed: signals.auth.on },
    catalog: { snapshot: () => state.catalog, changed: signals.catalog.on },
    health: {
      snapshot: async () => {
        signals.health.emit(offline)
        return state.health
      },
      changed: signals.health.on,
    },
    clients: { snapshot: () => [cursor], changed: signals.clients.on },
    activity: {
      page: async () => {
        pages += 1
        if (pages === 2) throw new Error('the log cannot be read')
        return { rows: [call], next: null, total: 1 }
      },
      added: signals.added.on,
    },
  }
  const seen: TrayState[] = []
  const stop = await mirrorCore(api as never, (next) => seen.push(next))
  expect(seen.at(-1)?.health.sentence).toBe('Offline')
  signals.added.emit([5, 6, 7, 8, 9, 10].map((id) => ({ ...call, id })))
  expect(seen.at(-1)?.calls.map(({ id }) => id)).toEqual([10, 9, 8, 7, 6])
  signals.auth.emit({ state: 'signed-out', problem: null })
  await expect.poll(() => seen.at(-1)?.calls).toEqual([])
  expect(seen.at(-1)?.auth.state).toBe('signed-out')
  const before = seen.length
  stop()
  signals.health.emit(state.health)
  expect(seen).toHaveLength(before)
})
