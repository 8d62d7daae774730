import { brand } from '../../../shared/brand.ts'
import { createPaths, type Paths } from '../../lib/paths.ts'
import { readAdHocUsage } from './ad-hoc-usage.ts'
import { carry } from './carry.ts'
import { type Dialled, dial } from './dial.ts'
import { findHub, type HubFiles } from './find-hub.ts'
import { launchApp, readLaunch } from './launch.ts'

export type OwnHub = { hub: HubFiles; close: () => Promise<void> }
type Needs = {
  args: string[]
  version: string
  /**
   * A hub in this process, for where none runs. Loaded only then: it is a hundred times the size of this. `toApp` is
   * called when a server wants a sign-in, which only the app can keep; false where there is none to go to.
   */
  startOwnHub: (paths: Paths, toApp: () => boolean) => Promise<OwnHub>
}

/** `causeway bridge <url>`: a bridge to a server that is in no catalog. Exit codes: 0, and 2 for wrong usage. */
export function runAdHoc({ args, version, startOwnHub }: Needs) {
  const { env, platform, pid } = process
  const usage = readAdHocUsage(args, env, version)
  if (usage.kind === 'wrong') {
    process.stderr.write(`${usage.text}\n`)
    process.exitCode = 2
    return
  }
  if (usage.kind === 'say') return void process.stdout.write(`${usage.text}\n`)
  const { adHoc, client } = usage
  const paths = createPaths({ env, platform })
  if (process.stdin.isTTY) process.stderr.write(`${toHint(adHoc.url)}\n`)
  let own: Promise<OwnHub> | null = null
  let needsApp = false

  /** Goes on through the app, which is started for it; what the client asked first is asked again there. */
  function toApp(): boolean {
    if (!readLaunch(paths.data)) return false
    needsApp = true
    void close()
    return true
  }
  async function connect(resumed: boolean): Promise<Dialled> {
    const hello = { server: 'ad-hoc', client, pid, version, resumed, adHoc }
    const running = findHub(paths.run)
    const dialled: Dialled = running ? await dial(running, 'bridge', hello) : { state: 'away' }
    if (dialled.state === 'open' || dialled.state === 'refused') return dialled
    if (needsApp) return dialled
    own ??= startOwnHub(paths, toApp)
    const { hub } = await own
    return dial(hub, 'bridge', hello)
  }
  async function close() {
    const left = own
    own = null
    await (await left)?.close()
  }
  // Where no app runs there is the hub of this process, for as long as that is enough.
  carry({ connect, launch: () => needsApp && launchApp({ dataFolder: paths.data, env }), close })
}

/** For a person who tries it by hand: nothing happens by itself. */
const toHint = (url: string) =>
  `${brand.slug} bridge: waits for the messages of an AI client, one JSON-RPC message in a line; Ctrl-D ends it.
In the client’s configuration the command is “${brand.slug}” with the arguments “bridge” and “${url}”.`
