import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import manifest from '../package.json' with { type: 'json' }
import { Settings } from '../shared/contract/settings.ts'
import { Problem } from '../shared/problems.ts'
import { createBridge } from './bridge/bridge.ts'
import { findHub } from './bridge/end/find-hub.ts'
import type { OwnHub } from './bridge/end/run-ad-hoc.ts'
import { openLink } from './bridge/links/open-link.ts'
import { createSharedServers } from './bridge/links/shared-servers.ts'
import type { Log } from './lib/log.ts'
import type { Paths } from './lib/paths.ts'
import { createNetwork } from './network/network.ts'

/**
 * A hub for one bridge, in the bridge's own process, with a run folder of its own: for servers by address where no app
 * runs. It has no catalog, no vault and no log; what a server needs comes with the command line.
 */
export async function startOwnHub(paths: Paths): Promise<OwnHub> {
  const folder = await mkdtemp(join(tmpdir(), 'causeway-own-'))
  const choices = await readChoices(join(paths.data, 'settings.json'))
  const network = createNetwork({
    env: process.env,
    proxy: () => choices.proxy,
    caFiles: () => choices.caFiles,
    servers: () => [],
    log: silent,
  })
  const shared = createSharedServers({ version: manifest.version })
  const bridge = createBridge({
    runFolder: join(folder, 'run'),
    cacheFolder: join(folder, 'cache'),
    version: manifest.version,
    findServer: () => undefined,
    headers: async ({ name }) => {
      throw new Problem('auth.server-wants-sign-in', `${name}: give its --header or --bearer`)
    },
    openLink: (needs) => openLink(needs, { dispatcher: network.dispatcher, shared }),
    allowAdHoc: () => choices.allowAdHoc,
    account: () => null,
    record: () => {},
    seen: () => {},
    control: (connection) => connection.close(),
    now: () => new Date(),
    log: silent,
  })
  await bridge.listen()
  const hub = findHub(join(folder, 'run'))
  if (!hub) throw new Error('The hub that was just started cannot be found')
  return {
    hub,
    async close() {
      await bridge.close()
      await network.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

const Choices = Settings.pick({ allowAdHoc: true, proxy: true, caFiles: true })

/** The person’s choices hold without the app as well; a file that cannot be read allows nothing. */
async function readChoices(path: string) {
  try {
    const stored: unknown = JSON.parse((await readFile(path, 'utf8')).replace(/^\ufeff/, ''))
    return Choices.parse(stored)
  } catch (error) {
    return { ...Choices.parse({}), allowAdHoc: (error as NodeJS.ErrnoException).code === 'ENOENT' }
  }
}

// stderr lands in the client's log, where a line per retry would be noise.
const silent: Log = { debug() {}, info() {}, warn() {}, error() {}, child: () => silent }
