import { join } from 'node:path'
import { ServerConfig } from '../../../shared/server-config.ts'
import { createPlainHttp1 } from '../../lib/http1/testing.ts'
import { createMemoryLog } from '../../lib/log.ts'
import { createBridge } from '../bridge.ts'
import { openLink } from '../links/open-link.ts'
import { createSharedServers } from '../links/shared-servers.ts'
import { createEchoLink } from './echo-server.ts'
import { testServer } from './server-config.ts'

/**
 * A hub of its own process, so that a test can kill it: `<data folder> [<endpoint as JSON>]`. Server `echo` is in
 * memory, `real` is at the endpoint; an object of endpoints names several.
 */
const [data = '', endpoint] = process.argv.slice(2)
const { log } = createMemoryLog()
const dispatcher = createPlainHttp1()
const shared = createSharedServers({ version: '0' })
const configs = [testServer('echo')]
const given = endpoint ? JSON.parse(endpoint) : {}
for (const [id, each] of Object.entries('transport' in given ? { real: given } : given))
  configs.push(ServerConfig.parse({ id, name: id, endpoint: each }))
const bridge = createBridge({
  runFolder: join(data, 'run'),
  cacheFolder: join(data, 'cache'),
  version: '0.0.0',
  findServer(id) {
    const config = configs.find((each) => each.id === id)
    return config && { config, allowed: true }
  },
  headers: async () => (process.env.SIGNED_IN ? { authorization: `Bearer ${process.env.SIGNED_IN}` } : {}),
  openLink: (needs) => (needs.server.id === 'echo' ? createEchoLink(needs) : openLink(needs, { dispatcher, shared })),
  allowAdHoc: () => process.env.AD_HOC !== 'forbidden',
  account: () => null,
  record: () => {},
  seen: () => {},
  control: (connection) => connection.onMessage((value) => connection.send({ echoed: value })),
  now: () => new Date(),
  log,
})
await bridge.listen()
process.stdout.write('READY\n')
process.on('SIGTERM', () => void bridge.close().then(() => process.exit(0)))
