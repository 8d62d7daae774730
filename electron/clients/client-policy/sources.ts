import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { getStaticTOMLValue, parseTOML } from 'toml-eslint-parser'
import type { Place } from '../place.ts'

/** One place an administrator can write to. `data` is null where it is there but cannot be understood. */
export type Managed = { source: string; data: Table | null }
export type Table = Record<string, unknown>
/** Runs a program of the system and gives what it printed. */
export type Run = (program: string, args: string[]) => Promise<string>

const exec = promisify(execFile)
const runProgram: Run = async (program, args) => (await exec(program, args, { timeout: 10_000 })).stdout

export const isTable = (value: unknown): value is Table =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/**
 * Reads what IT wrote for an AI client: files, the Windows registry, macOS managed preferences. Each program it asks is
 * asked once a minute at most, for every look at an app comes by here.
 */
export function createSources({
  place,
  now,
  run = runProgram,
}: {
  place: Place
  now: () => Date
  run?: Run | undefined
}) {
  const answers = new Map<string, { at: number; text: Promise<string> }>()

  function ask(program: string, args: string[]): Promise<string> {
    const key = [program, ...args].join('\0')
    const known = answers.get(key)
    if (known && now().getTime() - known.at < 60_000) return known.text
    // A key or a file that is not there is an error of these programs; nothing is set then.
    const text = run(program, args).catch(() => '')
    answers.set(key, { at: now().getTime(), text })
    return text
  }

  /** A file, or none where it is not there. */
  function file(path: string, parse: (text: string) => unknown = JSON.parse): Managed[] {
    const at = place.system(path)
    if (!place.exists(at)) return []
    return [{ source: path, data: toTable(() => parse(place.read(at))) }]
  }

  /** The values of one registry key, as strings; machine before user. */
  async function registry(key: string): Promise<Managed[]> {
    if (place.platform !== 'win32') return []
    const program = place.join(place.env.SystemRoot ?? 'C:\\Windows', 'System32', 'reg.exe')
    const hives = ['HKLM', 'HKCU'].map(async (hive) => {
      const data = parseRegistry(await ask(program, ['query', `${hive}\\${key}`]))
      return Object.keys(data).length > 0 ? [{ source: `${hive}\\${key}`, data }] : []
    })
    return (await Promise.all(hives)).flat()
  }

  /** Managed preferences of one domain: the person's, then the machine's. */
  async function preferences(domain: string): Promise<Managed[]> {
    if (place.platform !== 'darwin') return []
    const folder = '/Library/Managed Preferences'
    const user = place.home.split('/').at(-1) ?? ''
    const paths = [`${folder}/${user}/${domain}.plist`, `${folder}/${domain}.plist`]
    const read = async (path: string): Promise<Managed[]> => {
      if (!place.exists(place.system(path))) return []
      const text = await ask('/usr/bin/plutil', ['-convert', 'json', '-o', '-', place.system(path)])
      return [{ source: path, data: toTable(() => JSON.parse(text)) }]
    }
    return (await Promise.all(paths.map(read))).flat()
  }

  return { place, ask, file, registry, preferences }
}
export type Sources = ReturnType<typeof createSources>

function toTable(read: () => unknown): Table | null {
  try {
    const value = read()
    return isTable(value) ? value : null
  } catch {
    return null
  }
}

export const parseToml = (text: string): unknown => getStaticTOMLValue(parseTOML(text))

/** `    Settings    REG_SZ    {"a":1}`: a name, a type and the rest of the line. */
function parseRegistry(text: string): Table {
  const lines = text.matchAll(/^ {4}(.+?) {4}REG_(SZ|EXPAND_SZ|MULTI_SZ|DWORD) {4}(.*)$/gm)
  return Object.fromEntries(
    [...lines].map(([, name = '', type, value = '']) => [name, type === 'DWORD' ? Number(value) : value.trimEnd()]),
  )
}
