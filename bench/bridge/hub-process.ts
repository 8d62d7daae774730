import { join } from 'node:path'
import { createBridge } from '../../electron/bridge/bridge.ts'

import { openLink } from '../../electron/bridge/links/open-link.ts'
import { createSharedServers } from '../../electron/bridge/links/shared-servers.ts'
import { createPlainHttp1 } from '../../electron/lib/http1/testing.ts'
import { createMemoryLog } from '../../electron/lib/log.ts'
import { ServerConfig } from '../../shared/server-config.ts'

// The hub with one server, `reference`, and one token: what the behaviour table starts and kills for each of its cells.
const [data = '', endpoint = '{}', token = ''] = process.argv.slice(2)
const config = ServerConfig.parse({ id: 'reference', name: 'Reference', endpoint: JSON.parse(endpoint) })
const dispatcher = createPlainHttp1()
const shared = createSharedServers({ version: '0' })
const bridge = createBridge({
  runFolder: join(data, 'run'),
  cacheFolder: join(data, 'cache'),
  version: '0.0.0',
  findServer: (id) => (id === config.id ? { config, allowed: true } : undefined),
  headers: async () => ({ authorization: `Bearer ${token}` }),
  openLink: (needs) => openLink(needs, { dispatcher, shared }),
  allowAdHoc: () => true,
  account: () => null,
  // The table has a row for messages no client of the SDK could take.
  maxClientLineBytes: () => 64 * 1024 * 1024,
  record: () => {},
  seen: () => {},
  control: (connection) => connection.close(),
  now: () => new Date(),
  log: createMemoryLog().log,
})
await bridge.listen()
process.stdout.write('READY\n')
process.on('SIGTERM', () => void bridge.close().then(() => process.exit(0)))
