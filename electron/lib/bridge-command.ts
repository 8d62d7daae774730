import { existsSync } from 'node:fs'
import { chmod, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { brand } from '../../shared/brand.ts'
import { findFile, writeAtomic } from './atomic-file.ts'

/** What a client config starts. The command is an absolute path that stays the same over updates of app and Node. */
export type BridgeCommand = { command: string; args: string[] }

type Needs = {
  platform: NodeJS.Platform
  dataFolder: string
  /** The bridge that an installer put beside the app, if this is an installed app. */
  installed: string | null
  node: string
  script: string
}

/**
 * An installed app has its bridge at a fixed place. A clone gets a launcher in the data folder, made anew at each start,
 * so that what stands in a client's file outlives a moved Node. Windows starts a program and never a script without a
 * shell, so there Node and the script are named themselves.
 */
export async function ensureBridgeCommand({
  platform,
  dataFolder,
  installed,
  node,
  script,
}: Needs): Promise<BridgeCommand> {
  if (installed && existsSync(installed)) return { command: installed, args: [] }
  if (platform === 'win32') return { command: node, args: [script] }
  const command = join(dataFolder, 'bin', brand.bridgeCommand)
  const text = `#!/bin/sh\nexec ${quote(node)} ${quote(script)} "$@"\n`
  const before = await findFile(command)
  if (before?.toString('utf8') !== text) {
    await mkdir(join(dataFolder, 'bin'), { recursive: true, mode: 0o700 })
    await writeAtomic(command, text, { mode: 0o755 })
    await chmod(command, 0o755)
  }
  return { command, args: [] }
}

/** One word for a POSIX shell, whatever is in the path. */
const quote = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`
