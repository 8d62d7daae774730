import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { brand } from '../../shared/brand.ts'
import { findFile, writeAtomic } from './atomic-file.ts'

/** What a client config starts. The command is an absolute path that stays the same over updates of app and Node. */
export type BridgeCommand = { build: 'native' | 'Node'; command: string; args: string[] }

/**
 * Node looks at every letter of its script's path, twice more where it follows links; with a path of forty letters that is
 * often enough for V8 to optimize the looking: two megabytes of each bridge. The script is one file and imports no other.
 */
export const nodeFlags = ['--preserve-symlinks-main']

type Needs = {
  platform: NodeJS.Platform
  dataFolder: string
  /** The bridge that an installer put beside the app, if this is an installed app. */
  installed: string | null
  /** Where `npm run build` puts the native bridge; it does where it finds a C compiler. */
  native: string
  node: string
  script: string
  /** Replaces a file; a test passes one that fails as Windows does. */
  write?: typeof writeAtomic
}

/**
 * An installed app has its bridge at a fixed place. A clone gets one in the data folder, looked at anew at each start, so
 * that what stands in a client's file outlives a moved clone and a moved Node: a copy of the native one, or a launcher of
 * the Node build. Windows starts a program and never a script without a shell, so there Node and the script are named.
 */
export async function ensureBridgeCommand(needs: Needs): Promise<BridgeCommand> {
  const { platform, dataFolder, installed, native, node, script, write = writeAtomic } = needs
  if (installed && existsSync(installed)) return { build: 'native', command: installed, args: [] }
  const folder = join(dataFolder, 'bin')
  const command = join(folder, platform === 'win32' ? `${brand.bridgeCommand}.exe` : brand.bridgeCommand)
  await mkdir(folder, { recursive: true, mode: 0o700 })
  if (await copyNative({ native, command, platform, write })) return { build: 'native', command, args: [] }
  if (platform === 'win32') return { build: 'Node', command: node, args: [script] }
  const launcher = Buffer.from(`#!/bin/sh\nexec ${quote(node)} ${nodeFlags.join(' ')} ${quote(script)} "$@"\n`)
  if (!(await findFile(command))?.equals(launcher)) await write(command, launcher, { mode: 0o755 })
  return { build: 'Node', command, args: [] }
}

type Copy = { native: string; command: string; platform: NodeJS.Platform; write: typeof writeAtomic }
/** False where there is no native bridge, or one that this machine cannot run: built elsewhere, or cut short. */
async function copyNative({ native, command, platform, write }: Copy): Promise<boolean> {
  const built = await findFile(native)
  if (!built) return false
  const before = await findFile(command)
  if (before?.equals(built)) return true
  const runs = await promisify(execFile)(native, ['--version'], { timeout: 10_000 }).catch(() => null)
  if (!runs) return false
  try {
    await write(command, built, { mode: 0o755 })
  } catch (error) {
    // Windows replaces no program that runs. The one before serves until none of it does.
    if (platform !== 'win32' || !before) throw error
  }
  return true
}

/** One word for a POSIX shell, whatever is in the path. */
const quote = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`
