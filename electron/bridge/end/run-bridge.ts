import { fstatSync } from 'node:fs'
import { Socket } from 'node:net'
import type { Readable, Writable } from 'node:stream'
import { createPaths } from '../../lib/paths.ts'
import { type Dialled, dial } from './dial.ts'
import { findHub } from './find-hub.ts'
import { launchApp } from './launch.ts'
import { createRelay } from './relay.ts'
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
  const { data, run } = createPaths({ env, platform })

  const output: Writable = isPipe(1) ? new Socket({ fd: 1, readable: false, writable: true }) : process.stdout
  const input: Readable = isPipe(0) ? new Socket({ fd: 0, readable: true, writable: false }) : process.stdin
  const connect = async (resumed: boolean): Promise<Dialled> => {
    const hub = findHub(run)
    return hub ? dial(hub, 'bridge', { server, client, pid, version, resumed }) : { state: 'away' }
  }
  // What was said is still on its way to the client; a client that does not read does not keep us.
  const leave = () => {
    output.end(() => process.exit(0))
    setTimeout(() => process.exit(0), 100)
  }
  createRelay({ input, output, connect, launch: () => launchApp({ dataFolder: data, env }), onEnd: leave })
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => process.exit(0))
}

/** Node writes to its own `process.stdout` synchronously: a client that writes before it reads would block us for good. */
function isPipe(fd: number) {
  try {
    const found = fstatSync(fd)
    return process.platform !== 'win32' && (found.isFIFO() || found.isSocket())
  } catch {
    return false
  }
}
