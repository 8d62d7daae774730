import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { nodeFlags } from '../../electron/lib/bridge-command.ts'

const root = join(import.meta.dirname, '../..')
const built = (path: string) => join(root, 'dist', path)
const isWindows = process.platform === 'win32'

/** What a client config starts. The native build is there only where a C compiler was. */
export const ourBridges = {
  native: built(isWindows ? 'bin/causeway-bridge.exe' : 'bin/causeway-bridge'),
  node: built('bridge/causeway-bridge.cjs'),
  /** `causeway bridge <url>`, alone, with a hub of its own. */
  alone: built('connect/causeway-connect.cjs'),
  cli: built('cli/causeway.js'),
}
export type Build = 'native' | 'node' | 'alone'
export const hasNative = () => existsSync(ourBridges.native)

/** The command of one of our bridges: to a server of the hub's catalog, or alone to an address. */
export function ourCommand(
  build: Build,
  { server, url, token, kind }: { server: string; url: string; token: string; kind: string },
) {
  if (build === 'native') return [ourBridges.native, server, '--client', 'bench']
  if (build === 'node') return [process.execPath, ...nodeFlags, ourBridges.node, server, '--client', 'bench']
  return [process.execPath, ourBridges.alone, url, '--transport', kind, '--bearer', token, '--max-answer', '64']
}
