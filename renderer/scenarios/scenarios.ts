import type { Need } from '../../shared/contract/health.ts'
import type { PolicyRow } from '../../shared/contract/policy.ts'
import { Problem, type ProblemData } from '../../shared/problems.ts'
import type { ConnectionState } from '../http-carrier.ts'
import type { World } from './memory-core.ts'
import { createWorld, makeClient, makeConnection, makeOk, makeServer, minutesAgo, serverId } from './world.ts'

export type Scenario = {
  name: string
  hash: string
  /** Changes the good day into this one. */
  change?: (world: World) => void
  connection?: ConnectionState
  /** Accessible name of a button or tab to press once the screen is there. */
  press?: string
}

const problem = (code: Problem['code'], detail?: string) => new Problem(code, detail).data
const asIf = (data: ProblemData, change: Partial<ProblemData>): ProblemData => ({ ...data, ...change })
const away = problem('app.company-unreachable', 'mcp.northwind.example does not answer')

const firstRun = (world: World) => {
  world.settings.welcomeDone = false
  world.auth = { state: 'signed-out', problem: null }
  world.health = { overall: 'needs-you', sentence: 'Sign in to start', needs: [], servers: [] }
}
const source = '/etc/causeway/policy.json'
const decided = (key: string, title: string, value: unknown, more: Partial<PolicyRow> = {}): PolicyRow => ({
  ...{ key, title, value, origin: 'mandatory', source, locked: true, problem: null },
  ...more,
})
const managed = (world: World) => {
  const caFiles = ['/etc/causeway/northwind-root.pem']
  const proxy = { mode: 'fixed' as const, url: 'http://proxy.northwind.example:3128', bypass: [] }
  Object.assign(world.settings, { allowAdHoc: false, activityDays: 90, proxy, caFiles })
  const free = { origin: 'person', source: null, locked: false } as const
  const bad = problem('policy.key-invalid', `allowAdHoc in ${source}: Invalid input: expected boolean, received string`)
  world.policy = {
    rows: [
      decided('company', 'Company address', 'https://mcp.northwind.example'),
      decided('allowAdHoc', 'Servers outside of the company’s list', false, { problem: bad }),
      decided('requireKeychain', 'A keychain is required', true, { origin: 'company', source: null }),
      decided('repairApps', 'Repair of AI clients', 'auto', { origin: 'recommended', locked: false }),
      decided('proxy', 'Proxy', proxy),
      decided('caFiles', 'Further certificates to trust', caFiles),
      decided('activityDays', 'Days of activity kept', 90),
      decided('answerMb', 'Largest answer', null, { ...free, origin: 'default' }),
      decided('startAtLogin', 'Start at login', true, free),
    ],
    sources: [{ source, problem: null }],
    unknown: [problem('policy.key-unknown', `theme in ${source}`)],
  }
}
const signedOut = (world: World) => {
  world.auth = { state: 'signed-out', problem: null }
  world.catalog = { servers: [], fetchedAt: null, stale: false, problem: null }
  world.health = { overall: 'needs-you', sentence: 'Sign in to start', needs: [], servers: [] }
}
const signingIn = (world: World) => {
  signedOut(world)
  world.auth = {
    state: 'signing-in',
    loginUrl: 'https://login.northwind.example/authorize?client_id=causeway',
    browserOpened: false,
    startedAt: minutesAgo(2),
    hint: 'Your IT may have to register http://127.0.0.1/callback as a redirect address of this app.',
  }
}
const disconnected = (world: World) => {
  const [own] = world.connections
  const asks = {
    issuer: 'https://login.xn--harbr-lua.example',
    host: 'login.xn--harbr-lua.example',
    unicodeHost: 'login.harbór.example',
  }
  world.connections = [
    ...(own ? [own] : []),
    makeConnection('wiki', 'mcp-oauth', {
      name: 'Port wiki',
      state: 'asks',
      asks,
    }),
    makeConnection('packages', 'api-key', {
      name: 'Package registry',
      state: 'needs-you',
      since: minutesAgo(9000),
      problem: problem('auth.api-key-refused'),
    }),
    makeConnection('crm', 'mcp-oauth', {
      name: 'Customers',
      state: 'connecting',
      loginUrl: 'https://crm.example/authorize',
    }),
    makeConnection('iam', 'id-jag', {
      name: 'Identity',
      state: 'refused',
      problem: problem('auth.policy-refused', 'login.northwind.example refused (access_denied)'),
    }),
    makeConnection('ledger', 'mcp-oauth', {
      name: 'Ledger',
      state: 'offline',
      account: 'ana@ledger.example',
      issuer: 'https://ledger.example',
      since: minutesAgo(3000),
      problem: problem('auth.server-sso-unreachable', 'ledger.example does not answer'),
    }),
  ]
}
const need = (id: string, subject: string, found: ProblemData): Need => ({
  ...{ id, subject, problem: found },
  level: 'needs-you',
  server: null,
})
const finish = 'Run “MCP: List Servers” in VS Code and start the new ones'
const unreadable = problem('clients.unreadable', '/home/ana/.cursor/mcp.json, line 14: expected a comma')
const troubled = (world: World) => {
  const broken = asIf(problem('internal'), {
    title: 'The server answers with an error',
    detail: 'HTTP 502 from mcp.northwind.example',
  })
  const locked = asIf(problem('internal'), { title: 'This server wants a sign-in of its own', remedy: 'sign-in' })
  world.health = {
    overall: 'broken',
    sentence: '5 things need you',
    needs: [
      { id: 'server:sentry', subject: 'Sentry', level: 'broken', problem: broken, server: serverId('sentry') },
      { id: 'server:iam', subject: 'Identity', level: 'needs-you', problem: locked, server: serverId('iam') },
      need('client:vscode', 'VS Code', problem('clients.not-finished', finish)),
      need('client:claude-desktop', 'Claude Desktop', problem('clients.needs-repair')),
      need('client:cursor', 'Cursor', unreadable),
    ],
    servers: [
      makeOk('github', 31),
      { server: serverId('sentry'), state: 'broken', since: minutesAgo(14), problem: broken },
      { server: serverId('pdf'), state: 'working', since: minutesAgo(0) },
      { server: serverId('database'), state: 'waiting', since: minutesAgo(3), problem: away },
      { server: serverId('iam'), state: 'needs-you', since: minutesAgo(40), problem: locked },
      makeOk('packages', 4),
    ],
  }
  world.clients = [
    makeClient('vscode', 'VS Code', {
      state: 'partly',
      version: '1.131.0',
      running: true,
      canUndo: true,
      toFinish: finish,
      entries: [
        { server: serverId('github'), state: 'written' },
        { server: serverId('sentry'), state: 'absent' },
        { server: serverId('pdf'), state: 'conflict' },
      ],
    }),
    makeClient('claude-desktop', 'Claude Desktop', {
      state: 'needs-repair',
      version: '1.9.4',
      running: true,
      toFinish: 'Quit and reopen Claude',
      canUndo: true,
      entries: [{ server: serverId('github'), state: 'lost' }],
      proof: { bridgeAt: minutesAgo(90), initializeAt: null, callAt: null },
    }),
    makeClient('cursor', 'Cursor', {
      state: 'unreadable',
      version: null,
      problem: unreadable,
    }),
    makeClient('claude-code', 'Claude Code', { state: 'not-set-up' }),
  ]
}
const manyServers = (world: World) => {
  const names = Array.from({ length: 200 }, (_, index) => `team-${String(index + 1).padStart(3, '0')}`)
  world.catalog.servers = names.map((id, index) =>
    makeServer(id, `Team server ${index + 1}`, { description: `Tools of team ${index + 1}` }),
  )
  world.health.servers = names.map((id, index) => makeOk(id, (index % 40) + 1))
}

const waiting = (world: World) => {
  world.clients = [
    makeClient('claude-desktop', 'Claude Desktop', {
      version: '1.9.4',
      running: true,
      toFinish: 'Quit and reopen Claude Desktop',
      waiting: { kind: 'apply', since: minutesAgo(4), servers: [serverId('github')], problem: null },
      entries: [{ server: serverId('github'), state: 'absent' }],
    }),
    makeClient('claude-code', 'Claude Code', {
      state: 'set-up',
      canUndo: true,
      waiting: {
        kind: 'undo',
        since: minutesAgo(12),
        servers: [],
        problem: asIf(problem('clients.not-writable'), { detail: '/home/ana/.claude.json: it is marked read-only' }),
      },
      entries: [{ server: serverId('github'), state: 'written' }],
    }),
    makeClient('cursor', 'Cursor', { running: true }),
  ]
  world.preview = { ...world.preview, waits: true }
}

/** Named states any screen can open in. The visual tests walk the same list. */
export const scenarios: Scenario[] = [
  { name: 'home', hash: '#/home' },
  { name: 'home-troubled', hash: '#/home', change: troubled },
  {
    name: 'home-empty',
    hash: '#/home',
    change: (world) =>
      Object.assign(world, {
        calls: [],
        catalog: { ...world.catalog, servers: [] },
        health: { ...world.health, servers: [] },
      }),
  },
  { name: 'home-signed-out', hash: '#/home', change: signedOut },
  {
    name: 'home-loading',
    hash: '#/home',
    change: (world) =>
      Object.assign(world, {
        silent: ['health.snapshot', 'catalog.snapshot', 'clients.snapshot', 'activity.page', 'auth.snapshot'],
      }),
  },
  {
    name: 'home-offline',
    hash: '#/home',
    change: (world) => {
      if (world.auth.state === 'signed-in')
        world.auth = { state: 'offline', account: world.auth.account, problem: away }
      world.catalog.stale = true
      world.health = { ...world.health, overall: 'waiting', sentence: 'Waiting for the network' }
    },
  },
  {
    name: 'home-vault-locked',
    hash: '#/home',
    change: (world) => {
      world.vault = { state: 'locked', backend: 'keychain', problem: null }
      signedOut(world)
    },
  },
  {
    name: 'home-vault-memory',
    hash: '#/home',
    change: (world) => {
      world.vault = { state: 'memory', backend: 'memory', problem: null }
    },
  },
  {
    name: 'home-stale',
    hash: '#/home',
    change: (world) => {
      world.catalog.stale = true
      world.catalog.problem = away
    },
  },
  { name: 'servers', hash: '#/servers' },
  { name: 'servers-troubled', hash: '#/servers', change: troubled },
  { name: 'servers-200', hash: '#/servers', change: manyServers },
  {
    name: 'servers-loading',
    hash: '#/servers',
    change: (world) => Object.assign(world, { silent: ['catalog.snapshot'] }),
  },
  { name: 'servers-signed-out', hash: '#/servers', change: signedOut },
  {
    name: 'servers-failed',
    hash: '#/servers',
    change: (world) => Object.assign(world, { failing: { 'catalog.snapshot': 'internal' } }),
  },
  { name: 'server', hash: '#/servers/github' },
  { name: 'server-connection', hash: '#/servers/github', press: 'Connection' },
  { name: 'server-broken', hash: '#/servers/sentry', change: troubled },
  { name: 'server-not-allowed', hash: '#/servers/payroll' },
  { name: 'apps', hash: '#/apps' },
  { name: 'apps-troubled', hash: '#/apps', change: troubled },
  {
    name: 'apps-none',
    hash: '#/apps',
    change: (world) => {
      world.clients = world.clients.map((client) => ({ ...client, installed: false, state: 'not-installed' as const }))
    },
  },
  { name: 'apps-waiting', hash: '#/apps', change: waiting },
  { name: 'app-waiting', hash: '#/apps/claude-desktop', change: waiting },
  { name: 'app-change-waits', hash: '#/apps', change: waiting, press: 'Set up: Cursor' },
  { name: 'apps-give-back', hash: '#/apps', press: 'Give back…' },
  { name: 'app', hash: '#/apps/vscode' },
  { name: 'app-managed-by-it', hash: '#/apps/claude-code' },
  { name: 'app-checked', hash: '#/apps/vscode', press: 'Check now' },
  {
    name: 'app-check-failed',
    hash: '#/apps/vscode',
    press: 'Check now',
    change: (world) => Object.assign(world, { failing: { 'clients.verify': 'clients.not-set-up' } }),
  },
  { name: 'app-change', hash: '#/apps', press: 'Set up: Claude Code' },
  {
    name: 'app-change-failed',
    hash: '#/apps',
    press: 'Set up: Claude Code',
    change: (world) => Object.assign(world, { failing: { 'clients.preview': 'internal' } }),
  },
  { name: 'activity', hash: '#/activity' },
  { name: 'activity-empty', hash: '#/activity', change: (world) => Object.assign(world, { calls: [] }) },
  {
    name: 'activity-loading',
    hash: '#/activity',
    change: (world) => Object.assign(world, { silent: ['activity.page'] }),
  },
  {
    name: 'activity-failed',
    hash: '#/activity',
    change: (world) => Object.assign(world, { failing: { 'activity.page': 'internal' } }),
  },
  { name: 'account', hash: '#/account' },
  { name: 'account-signed-out', hash: '#/account', change: signedOut },
  {
    name: 'account-no-device-code',
    hash: '#/account',
    change: (world) => {
      signedOut(world)
      if (world.app.company) world.app.company.deviceCode = false
    },
  },
  { name: 'account-signing-in', hash: '#/account', change: signingIn },
  {
    name: 'account-needs-sign-in',
    hash: '#/account',
    change: (world) => {
      if (world.auth.state === 'signed-in')
        world.auth = {
          state: 'needs-sign-in',
          account: world.auth.account,
          problem: asIf(problem('internal'), { title: 'Your session has ended', remedy: 'sign-in' }),
        }
    },
  },
  { name: 'account-sign-out', hash: '#/account', press: 'Sign out' },
  { name: 'settings', hash: '#/settings' },
  { name: 'settings-managed', hash: '#/settings', change: managed },
  {
    name: 'settings-headless',
    hash: '#/settings',
    change: (world) => {
      world.app.mode = 'headless'
    },
  },
  { name: 'help', hash: '#/help' },
  { name: 'help-troubled', hash: '#/help', change: troubled },
  {
    name: 'welcome-company',
    hash: '#/home',
    change: (world) => {
      firstRun(world)
      world.app.company = null
    },
  },
  {
    name: 'welcome-company-decided',
    hash: '#/home',
    change: (world) => {
      firstRun(world)
      managed(world)
      world.app.company = null
      world.failing['app.setCompany'] = 'app.company-unreachable'
    },
    press: 'Continue',
  },
  { name: 'welcome-sign-in', hash: '#/home', change: firstRun },
  {
    name: 'welcome-waiting',
    hash: '#/home',
    change: (world) => {
      firstRun(world)
      signingIn(world)
    },
  },
  {
    name: 'welcome-apps',
    hash: '#/home',
    change: (world) => {
      world.settings.welcomeDone = false
    },
  },
  {
    name: 'welcome-done',
    hash: '#/home',
    press: 'Continue',
    change: (world) => {
      world.settings.welcomeDone = false
    },
  },
  {
    name: 'starting',
    hash: '#/home',
    change: (world) => Object.assign(world, { silent: ['settings.snapshot'] }),
  },
  { name: 'connections', hash: '#/connections' },
  { name: 'connections-troubled', hash: '#/connections/wiki', change: disconnected },
  {
    name: 'connection-asks',
    hash: '#/connections',
    change: disconnected,
    press: 'Review: Port wiki',
  },
  { name: 'connection-key', hash: '#/connections', change: disconnected, press: 'Enter the key: Package registry' },
  { name: 'connection-refused', hash: '#/home', connection: 'refused' },
  { name: 'connection-lost', hash: '#/home', connection: 'lost' },
]

export function createScenarioWorld({ change }: Scenario) {
  const world = createWorld()
  change?.(world)
  return world
}
