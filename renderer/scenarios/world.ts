import type { CallRow } from '../../shared/contract/activity.ts'
import type { CatalogServer } from '../../shared/contract/catalog.ts'
import type { ClientApp } from '../../shared/contract/clients.ts'
import { type Connection, ConnectionId } from '../../shared/contract/connections.ts'
import type { ServerHealth, Tool } from '../../shared/contract/health.ts'
import { Settings } from '../../shared/contract/settings.ts'
import { AccountId, ClientId, ServerId } from '../../shared/ids.ts'
import type { World } from './memory-core.ts'

export const minutesAgo = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString()

export const serverId = (id: string) => ServerId.parse(id)
export const clientId = (id: string) => ClientId.parse(id)

export function makeServer(id: string, name: string, more: Partial<CatalogServer> = {}): CatalogServer {
  return {
    id: serverId(id),
    name,
    description: null,
    origin: 'company',
    transport: 'http',
    auth: 'sso',
    address: `https://mcp.northwind.example/mcp/${id}/`,
    allowed: true,
    groups: [],
    ...more,
  }
}

export const makeOk = (id: string, toolCount: number, latencyMs = 24): ServerHealth => ({
  server: serverId(id),
  state: 'ok',
  latencyMs,
  checkedAt: minutesAgo(1),
  toolCount,
  protocolVersion: '2025-11-25',
  serverName: `${id}-mcp 2.4.1`,
})

export function makeClient(id: string, name: string, more: Partial<ClientApp> = {}): ClientApp {
  return {
    id: clientId(id),
    name,
    installed: true,
    version: '1.4.2',
    running: false,
    configPath: `/home/ana/.config/${id}/mcp.json`,
    state: 'not-set-up',
    entries: [],
    toFinish: null,
    problem: null,
    canUndo: false,
    proof: { bridgeAt: null, initializeAt: null, callAt: null },
    ...more,
  }
}

export const makeConnection = (id: string, kind: Connection['kind'], more: Partial<Connection> = {}): Connection => ({
  ...{ id: ConnectionId.parse(id), kind, name: id, state: 'ok', account: null, issuer: null },
  ...{ since: null, expiresAt: null, problem: null, asks: null, loginUrl: null },
  ...more,
})

const tools = [
  'search_issues',
  'create_issue',
  'get_pull_request',
  'list_commits',
  'query',
  'export_pdf',
  'delete_branch',
]
const apps = [
  ['vscode', 'Visual Studio Code'],
  ['claude-desktop', 'claude-ai'],
  ['cursor', 'cursor-vscode'],
] as const
const servers = ['github', 'sentry', 'pdf', 'database', 'iam']
const outcomes: CallRow['outcome'][] = [
  'ok',
  'ok',
  'ok',
  'ok',
  'failed',
  'ok',
  'ok',
  'ok',
  'error',
  'ok',
  'ok',
  'refused',
  'ok',
]
const messages: Partial<Record<CallRow['outcome'], [string, string]>> = {
  failed: ['tool.failed', 'The repository does not exist, or you have no access to it'],
  error: ['-32603', 'Upstream answered with HTTP 502'],
  refused: ['catalog.not-allowed', 'Your groups do not include this server'],
}

export function makeCall(id: number, minutes: number, more: Partial<CallRow> = {}): CallRow {
  const [client, clientName] = apps[id % apps.length] ?? apps[0]
  const outcome = outcomes[id % outcomes.length] ?? 'ok'
  const [code, message] = messages[outcome] ?? [null, null]
  return {
    id,
    time: minutesAgo(minutes),
    client: clientId(client),
    clientName,
    server: serverId(servers[(id * 7) % servers.length] ?? 'github'),
    method: 'tools/call',
    target: tools[(id * 5) % tools.length] ?? 'query',
    outcome,
    code,
    message,
    durationMs: 12 + ((id * 9301 + 49_297) % 1733),
    requestBytes: 180 + ((id * 37) % 900),
    responseBytes: 640 + ((id * 7919) % 48_000),
    ...more,
  }
}

/** The newest call is the last id. */
export const makeCalls = (count: number) =>
  Array.from({ length: count }, (_, index) => makeCall(count - index, index * 4 + 1))

const githubTools: Tool[] = [
  {
    name: 'search_issues',
    title: 'Search issues',
    description: 'Finds issues and pull requests by text, label, author or state.',
    kind: 'read',
  },
  { name: 'get_pull_request', title: null, description: 'One pull request with its reviews and checks.', kind: 'read' },
  { name: 'create_issue', title: 'Create an issue', description: 'Opens an issue in a repository.', kind: 'write' },
  {
    name: 'merge_pull_request',
    title: null,
    description: 'Merges a pull request once its checks have passed.',
    kind: 'write',
  },
  {
    name: 'delete_branch',
    title: null,
    description: 'Deletes a branch. It cannot be brought back from here.',
    kind: 'destructive',
  },
  { name: 'run_workflow', title: null, description: null, kind: 'unknown' },
]

const diff = `--- a/mcp.json
+++ b/mcp.json
@@ -1,8 +1,17 @@
 {
   // my own servers
   "servers": {
     "notes": {
       "command": "notes-mcp",
       "args": []
+    },
+    "github": {
+      "command": "/opt/Causeway/causeway-bridge",
+      "args": ["github", "--client", "vscode"]
+    },
+    "sentry": {
+      "command": "/opt/Causeway/causeway-bridge",
+      "args": ["sentry", "--client", "vscode"]
     }
   }
 }
`

const ids = ['github', 'sentry', 'pdf', 'database', 'iam', 'packages']
const written = ids.map((id) => ({ server: serverId(id), state: 'written' as const }))

/** A good day at the office: signed in, everything works. Scenarios change what they are about. */
export function createWorld(): World {
  return {
    app: {
      product: 'Causeway',
      version: '0.1.0',
      mode: 'desktop',
      pid: 4711,
      startedAt: minutesAgo(190),
      dataFolder: '/home/ana/.local/share/causeway',
      company: {
        name: 'Northwind Traders',
        address: 'https://mcp.northwind.example',
        supportUrl: 'https://help.northwind.example/mcp',
        deviceCode: true,
      },
      problem: null,
    },
    auth: {
      state: 'signed-in',
      account: {
        id: AccountId.parse('0123456789abcdef0123456789abcdef'),
        issuer: 'https://login.northwind.example',
        subject: 'ana',
        name: 'Ana Torres',
        email: 'ana@northwind.example',
        groups: ['engineering', 'berlin', 'on-call'],
      },
      expiresAt: minutesAgo(-42),
      kept: 'keychain',
    },
    reach: {
      facts: {
        proxy: 'http://proxy.northwind.example:3128',
        tls: { protocol: 'TLSv1.3', issuer: 'Northwind Root CA', validTo: 'Jan  1 00:00:00 2028 GMT', pinned: false },
      },
      steps: [
        { step: 'way', ok: true, found: 'http://proxy.northwind.example:3128' },
        { step: 'connection', ok: true, found: 'TLSv1.3, certificate by “Northwind Root CA”' },
        { step: 'http', ok: true, found: 'HTTP 401' },
      ],
    },
    connections: [
      makeConnection('@sso', 'sso', {
        name: 'Northwind Traders',
        account: 'Ana Torres',
        issuer: 'https://login.northwind.example',
        since: minutesAgo(190),
        expiresAt: minutesAgo(-42),
      }),
      makeConnection('linear', 'mcp-oauth', {
        name: 'Linear',
        account: 'ana',
        issuer: 'https://auth.linear.example',
        since: minutesAgo(3000),
      }),
      makeConnection('wiki', 'mcp-oauth', { name: 'Wiki', state: 'none' }),
      makeConnection('iam', 'id-jag', { name: 'Identity', account: 'Ana Torres', since: minutesAgo(20) }),
      makeConnection('packages', 'api-key', { name: 'Package registry', since: minutesAgo(9000) }),
    ],
    vault: { state: 'ready', backend: 'keychain', problem: null },
    catalog: {
      servers: [
        makeServer('github', 'GitHub', { description: 'Repositories, issues and pull requests' }),
        makeServer('sentry', 'Sentry', { description: 'Errors and releases of our services' }),
        makeServer('pdf', 'PDF Studio', { description: 'Reads and writes PDF documents', transport: 'sse-split' }),
        makeServer('database', 'Sales database', {
          description: 'Read-only queries on the warehouse',
          transport: 'stdio',
          auth: 'none',
          address: 'warehouse-mcp --read-only',
        }),
        makeServer('iam', 'Identity', { description: 'People, groups and access requests', transport: 'sse' }),
        makeServer('packages', 'Package registry', {
          description: 'Internal packages and their licences',
          auth: 'api-key',
        }),
        makeServer('payroll', 'Payroll', {
          description: 'Salaries and payslips',
          allowed: false,
          groups: ['hr', 'finance'],
        }),
      ],
      fetchedAt: minutesAgo(12),
      stale: false,
      problem: null,
    },
    health: {
      overall: 'ok',
      sentence: 'Everything works',
      needs: [],
      servers: [
        makeOk('github', 31, 42),
        makeOk('sentry', 12, 88),
        makeOk('pdf', 6, 19),
        makeOk('database', 3, 4),
        makeOk('iam', 9, 130),
        makeOk('packages', 4, 61),
      ],
    },
    clients: [
      makeClient('vscode', 'VS Code', {
        version: '1.131.0',
        running: true,
        state: 'set-up',
        canUndo: true,
        limits: { tools: 80, toolName: 60 },
        managedChannel: 'the policies ChatMCP = registry and McpGalleryServiceUrl: a registry of the company',
        entries: written,
        proof: { bridgeAt: minutesAgo(31), initializeAt: minutesAgo(31), callAt: minutesAgo(2) },
      }),
      makeClient('claude-desktop', 'Claude Desktop', {
        version: '1.9.4',
        repairs: { week: 3, lastAt: minutesAgo(200), cause: 'app-rewrote' },
        state: 'set-up',
        canUndo: true,
        entries: written,
        proof: { bridgeAt: minutesAgo(1300), initializeAt: minutesAgo(1300), callAt: null },
      }),
      makeClient('claude-code', 'Claude Code', {
        version: '2.4.0',
        state: 'not-set-up',
        policy: {
          verdict: 'blocked',
          source: '/etc/claude-code/managed-settings.json',
          reason: 'Claude Code uses only the servers on IT’s list, and these are not on it.',
          servers: [serverId('github')],
          rule: {
            where: '/etc/claude-code/managed-settings.json, in allowedMcpServers',
            text: '{ "serverCommand": ["/opt/causeway/causeway-bridge", "github", "--client", "claude-code"] }',
          },
        },
      }),
      makeClient('cursor', 'Cursor', { installed: false, state: 'not-installed', version: null }),
      makeClient('windsurf', 'Windsurf', { installed: false, state: 'not-installed', version: null }),
    ],
    settings: {
      ...Settings.parse({}),
      trayHintShown: true,
      welcomeDone: true,
      company: 'https://mcp.northwind.example',
    },
    policy: { rows: [], sources: [], unknown: [] },
    tools: githubTools,
    calls: makeCalls(240),
    preview: {
      path: '/home/ana/.config/Code/User/mcp.json',
      newFile: false,
      diff,
      entries: [
        { server: serverId('github'), result: 'add' },
        { server: serverId('sentry'), result: 'add' },
        { server: serverId('pdf'), result: 'conflict' },
      ],
      token: 'sha256-of-the-bytes',
    },
    backups: [
      {
        id: '1',
        client: clientId('vscode'),
        path: '/home/ana/.local/share/causeway/clients/vscode/1.json',
        at: minutesAgo(2900),
        bytes: 1204,
      },
    ],
    silent: [],
    failing: {},
  }
}
