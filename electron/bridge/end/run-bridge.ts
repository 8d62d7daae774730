import { createBridgePaths } from '../../lib/paths.ts'
import { carry } from './carry.ts'
import { type Dialled, dial } from './dial.ts'
import { findHub } from './find-hub.ts'
import { launchApp } from './launch.ts'
import { readUsage } from './usage.ts'

/** The whole executable: reads the command line, then carries until the client goes. Exit codes: 0, and 2 for wrong usage. */
export function runBridge(version: string) {
  const usage = readUsage(process.argv.slice(2), version)
  if (usage.kind === 'wrong') {
    process.stderr.write(`${usage.text}\n`)
    process.exitCode = 2
    return
  }
  if (usage.kind === 'say') return void process.stdout.write(`${usage.text}\n`)
  const { server, client } = usage
  const { env, platform, pid } = process
  const { data, run } = createBridgePaths({ env, platform })
  const connect = async (resumed: boolean): Promise<Dialled> => {
    const hub = findHub(run)
    return hub ? dial(hub, 'bridge', { server, client, pid, version, resumed }) : { state: 'away' }
  }
  carry({ connect, launch: () => launchApp({ dataFolder: data, env }) })
}
