import { join } from 'node:path'
import { createMemoryLog } from '../../lib/log.ts'
import { createBridge } from '../bridge.ts'
import { createEchoLink } from './echo-server.ts'
import { testServer } from './server-config.ts'

/** A hub of its own process, so that a test can kill it: `<data folder> [<delay before it listens, ms>]`. */
const [data = '', delayMs = '0'] = process.argv.slice(2)
const { log } = createMemoryLog()
const bridge = createBridge({
  runFolder: join(data, 'run'),
  cacheFolder: join(data, 'cache'),
  version: '0.0.0',
  findServer: (id) => (id === 'echo' ? { config: testServer('echo'), allowed: true } : undefined),
  headers: async () => ({}),
  openLink: (needs) => createEchoLink(needs),
  account: () => null,
  record: () => {},
  seen: () => {},
  control: (connection) => connection.onMessage((value) => connection.send({ echoed: value })),
  now: () => new Date(),
  log,
})
await new Promise((resolve) => setTimeout(resolve, Number(delayMs)))
await bridge.listen()
process.stdout.write('READY\n')
process.on('SIGTERM', () => void bridge.close().then(() => process.exit(0)))
