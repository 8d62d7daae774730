import { readFile, realpath } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { AppRow } from './app-row.ts'
import { findCommand, inHome, type Place } from './place.ts'
import type { Process } from './processes.ts'

const bundles = (place: Place, { macApp }: AppRow) =>
  place.platform === 'darwin' && macApp ? [`/Applications/${macApp}`, inHome(place, 'Applications', macApp)] : []

const program = (place: Place, { commands = [] }: AppRow) =>
  commands.map((name) => findCommand(place, name)).find((path) => path !== undefined)

export function isInstalled(place: Place, row: AppRow) {
  const signs = [...row.traces(place), ...bundles(place, row), ...(row.installs?.(place) ?? [])]
  return signs.some(place.exists) || program(place, row) !== undefined
}

/** The ids of its processes; none where it does not run. */
export function findRunning({ processes, macApp }: AppRow, running: readonly Process[]) {
  const bundle = macApp ? `/${macApp}/Contents/MacOS/` : null
  const isIts = ({ name }: Process) => processes.includes(basename(name)) || (bundle !== null && name.includes(bundle))
  return [...new Set(running.filter(isIts).map(({ pid }) => pid))]
}

/** The version as its own files tell it; nothing is started to ask. */
export async function findVersion(place: Place, row: AppRow): Promise<string | null> {
  for (const bundle of bundles(place, row)) {
    const plist = await readText(join(bundle, 'Contents', 'Info.plist'))
    const version = /<key>CFBundleShortVersionString<\/key>\s*<string>([^<]{1,40})<\/string>/.exec(plist)?.[1]
    if (version) return version
  }
  const packages = (row.installs?.(place) ?? []).filter((path) => basename(path) === 'package.json')
  for (const path of [...packages, ...(await packagesAbove(program(place, row)))]) {
    const version = /"version"\s*:\s*"([^"]{1,40})"/.exec(await readText(path))?.[1]
    if (version) return version
  }
  return null
}

/**
 * The files that may tell the version of a command: one installed by npm lies at most a few folders below its
 * `package.json`, an editor made from VS Code has `bin` beside `resources/app`, and on macOS inside of it.
 */
async function packagesAbove(command: string | undefined) {
  if (!command) return []
  const folder = dirname(await realpath(command).catch(() => command))
  const [above, further] = [dirname(folder), dirname(dirname(folder))]
  if (folder.includes('node_modules')) return [folder, above, further].map((at) => join(at, 'package.json'))
  if (basename(folder) !== 'bin') return []
  const inApp = basename(above) === 'app' ? [join(above, 'package.json')] : []
  return [join(above, 'resources', 'app', 'package.json'), ...inApp]
}

const readText = (path: string) => readFile(path, 'utf8').catch(() => '')
