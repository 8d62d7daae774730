import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import manifest from '../package.json' with { type: 'json' }
import { Settings } from '../shared/contract/settings.ts'
import { Problem } from '../shared/problems.ts'
import { createBridge } from './bridge/bridge.ts'
import { findHub } from './bridge/end/find-hub.ts'
import type { OwnHub } from './bridge/end/run-ad-hoc.ts'
import { createDispatcher } from './bridge/links/dispatcher.ts'
import { openLink } from './bridge/links/open-link.ts'
import type { Log } from './lib/log.ts'
import type { Paths } from './lib/paths.ts'

/**
 * A hub for one bridge, in the bridge's own process, with a run folder of its own: for servers by address where no app
 * runs. It has no catalog, no vault and no log; what a server needs comes with the command line.
 */
export async function startOwnHub(paths: Paths): Promise<OwnHub> {
  const folder = await mkdtemp(join(tmpdir(), 'causeway-own-'))
  const isAllowed = await readAllowed(join(paths.data, 'settings.json'))
  const dispatcher = createDispatcher()
  const bridge = createBridge({
    runFolder: join(folder, 'run'),
    cacheFolder: join(folder, 'cache'),
    version: manifest.version,
    findServer: () => undefined,
    headers: async ({ name }) => {
      throw new Problem('auth.server-wants-sign-in', `${name}: give its --header or --bearer`)
    },
    openLink: (needs) => openLink(needs, { dispatcher }),
    allowAdHoc: () => isAllowed,
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
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** The person's choice holds without the app as well; a file that cannot be read allows nothing. */
async function readAllowed(path: string): Promise<boolean> {
  try {
    const stored: unknown = JSON.parse((await readFile(path, 'utf8')).replace(/^\ufeff/, ''))
    return Settings.pick({ allowAdHoc: true }).parse(stored).allowAdHoc
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT'
  }
}

// stderr lands in the client's log, where a line per retry would be noise.
const silent: Log = { debug() {}, info() {}, warn() {}, error() {}, child: () => silent }
