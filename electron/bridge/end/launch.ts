import type { SpawnOptions } from 'node:child_process'
import { closeSync, openSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { readOwn } from './find-hub.ts'

export const launchFile = 'launch'
const lockFile = 'launch.lock'
/** So long a start is believed to be under way; twenty bridges at log-in start one app. */
const lockMs = 20_000
const longestFile = 16 * 1024

// What AI clients that are built on Electron or Node leave in their environment, and what would turn the app into
// something else.
const notPassedOn = /^(NODE_|ELECTRON_|npm_|VSCODE_|LD_PRELOAD$|LD_LIBRARY_PATH$|DYLD_)/i

type Needs = { dataFolder: string; env: Record<string, string | undefined> }

/** Starts the app in the background as the launch file says (README, “Launch file”). False where there is none. */
export function launchApp({ dataFolder, env }: Needs): boolean {
  const argv = readLaunch(dataFolder)
  if (!argv) return false
  if (!takeLock(join(dataFolder, lockFile))) return true
  const [command, ...args] = argv as [string, ...string[]]
  const clean = Object.fromEntries(Object.entries(env).filter(([name]) => !notPassedOn.test(name)))
  const options: SpawnOptions = { detached: true, stdio: 'ignore', cwd: dataFolder, env: clean, windowsHide: true }
  // Loaded only here: most bridges never start anything.
  const child = process.getBuiltinModule('node:child_process').spawn(command, args, options)
  child.on('error', () => {}) // the request that waits is told that the app is not running
  child.unref()
  return true
}

/** The launch file's lines: a program with its full path, then one argument each. */
export function readLaunch(dataFolder: string): string[] | null {
  const lines = readOwn(join(dataFolder, launchFile), longestFile)?.toString().split('\n')
  const argv = lines?.slice(0, -1)
  const isWhole = lines?.at(-1) === '' && argv && /^(\/|[A-Za-z]:[\\/])/.test(argv[0] ?? '')
  return isWhole ? argv : null
}

function takeLock(path: string): boolean {
  try {
    if (Date.now() - statSync(path).mtimeMs > lockMs) rmSync(path, { force: true })
  } catch {
    // there is none
  }
  try {
    closeSync(openSync(path, 'wx', 0o600))
    return true
  } catch {
    return false
  }
}
