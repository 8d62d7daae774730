import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import manifest from '../package.json' with { type: 'json' }
import { brand } from '../shared/brand.ts'
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
import { openPolicy } from './policy/policy.ts'
import { systemSources } from './policy/system-sources.ts'

/**
 * A hub for one bridge, in the bridge's own process, with a run folder of its own: for servers by address where no app
 * runs. It has no catalog, no vault and no log; what a server needs comes with the command line, or from the app, to
 * which it gives way when a server wants a sign-in.
 */
export async function startOwnHub(paths: Paths, toApp: () => boolean): Promise<OwnHub> {
  const folder = await mkdtemp(join(tmpdir(), 'causeway-own-'))
  const chosen = await readChoices(join(paths.data, 'settings.json'))
  const policy = await openPolicy({
    sources: systemSources({ platform: process.platform, user: () => userInfo().username }),
    person: () => chosen,
    company: () => ({}),
    log: silent,
  })
  const network = createNetwork({
    env: process.env,
    proxy: () => policy.get('proxy'),
    caFiles: () => policy.get('caFiles'),
    servers: () => [],
    log: silent,
  })
  const shared = createSharedServers({ version: manifest.version })
  const bridge = createBridge({
    runFolder: join(folder, 'run'),
    cacheFolder: join(folder, 'cache'),
    version: manifest.version,
    findServer: () => undefined,
    async headers({ name }) {
      // Nothing is said meanwhile: this hub is on its way out, and the app answers in its place.
      if (toApp()) return new Promise(() => {})
      throw new Problem(
        'auth.server-wants-sign-in',
        `${name}: start ${brand.product}, which signs in and keeps it, or give --header or --bearer`,
      )
    },
    openLink: (needs) => openLink(needs, { dispatcher: network.dispatcher, shared }),
    allowAdHoc: () => policy.get('allowAdHoc'),
    account: () => null,
    record: () => {},
    seen: () => {},
    control: (connection) => connection.close(),
    now: () => new Date(),
    log: silent,
  })
  policy.decided(() => {
    network.reconsider()
    bridge.wake()
  })
  await bridge.listen()
  const hub = findHub(join(folder, 'run'))
  if (!hub) throw new Error('The hub that was just started cannot be found')
  return {
    hub,
    async close() {
      await bridge.close()
      await network.close()
      await policy.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

const Choices = Settings.pick({ allowAdHoc: true, proxy: true, caFiles: true })

/** The person’s choices hold without the app as well; a file that cannot be read allows nothing. */
async function readChoices(path: string): Promise<Partial<Settings>> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? {} : { allowAdHoc: false }
  }
  try {
    const stored = JSON.parse(text.replace(/^\ufeff/, '')) as Record<string, unknown>
    const choices = Choices.parse(stored)
    // What nobody chose is left to IT’s suggestion.
    return Object.fromEntries(Object.entries(choices).filter(([name]) => name in stored))
  } catch {
    return { allowAdHoc: false }
  }
}

// stderr lands in the client's log, where a line per retry would be noise.
const silent: Log = { debug() {}, info() {}, warn() {}, error() {}, child: () => silent }
