import { ClientId } from '../../shared/ids.ts'
import type { AppRow } from './app-row.ts'
import { amp, codex, factory, goose, opencode } from './apps/agents.ts'
import { claudeCode } from './apps/claude.ts'
import { copilotCli } from './apps/github.ts'
import { geminiCli, qwenCode } from './apps/google.ts'
import type { Run } from './client-policy/sources.ts'
import { createPlace, type Place } from './place.ts'

/** A Linux distribution that runs inside this Windows, and the home of its person. */
export type Distribution = { name: string; home: string }

/** Clients that are used inside a distribution; editors run on the Windows side and start servers there. */
const rows: readonly AppRow[] = [
  ...[claudeCode, codex, geminiCli, opencode, copilotCli],
  ...[qwenCode, goose, amp, factory],
]

/**
 * The distributions that run right now. One that is stopped is left alone: looking into it would start a whole virtual
 * machine. None where there is no WSL.
 */
export async function findDistributions(place: Place, run: Run): Promise<Distribution[]> {
  if (place.platform !== 'win32') return []
  const wsl = wslOf(place)
  const names = parseNames(await run(wsl, ['-l', '-q', '--running']).catch(() => ''))
  const homes = names.map(async (name) => {
    const home = (await run(wsl, ['-d', name, '--', 'printenv', 'HOME']).catch(() => '')).trim()
    return home.startsWith('/') ? [{ name, home }] : []
  })
  return (await Promise.all(homes)).flat()
}

const wslOf = ({ join, env }: Place) => join(env.SystemRoot ?? 'C:\\Windows', 'System32', 'wsl.exe')

/** `wsl.exe -l` writes UTF-16, a zero byte behind every letter. Docker's own distributions belong to nobody. */
export const parseNames = (text: string) =>
  text
    .replaceAll('\0', '')
    .replace(/^\ufeff/, '')
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((name) => /^[\w][\w .-]*$/.test(name) && !name.startsWith('docker-desktop'))

/** A path inside a distribution as Windows reaches it. */
const toUnc = (name: string, path: string) => `\\\\wsl$\\${name}${path.replaceAll('/', '\\')}`

/** A Windows program as a distribution starts it: through the interop of WSL, so there is no token and no port inside. */
export function toWslPath(windows: string): string {
  const drive = /^([A-Za-z]):[\\/](.*)$/.exec(windows)
  return drive ? `/mnt/${drive[1]?.toLowerCase()}/${drive[2]?.replaceAll('\\', '/')}` : windows
}

/** The clients of one distribution as rows of their own: Linux paths, seen from Windows. */
export function rowsOf({ name, home }: Distribution, outside: Place): AppRow[] {
  const unc = (path: string) => toUnc(name, path)
  const inside = createPlace(
    { platform: 'linux', home, env: {} },
    {
      exists: (path) => outside.exists(unc(path)),
      list: (folder) => outside.list(unc(folder)),
      read: (path) => outside.read(unc(path)),
    },
  )
  const slug = name.toLowerCase().replace(/[^a-z0-9]+/g, '-')
  return rows.flatMap((row): AppRow[] => {
    const {
      policy: _policy,
      commands: _commands,
      macApp: _app,
      installs: _installs,
      variants: _variants,
      ...rest
    } = row
    const path = row.configPath(inside)
    if (path === null) return []
    return [
      {
        ...rest,
        id: ClientId.parse(`${row.id}-wsl-${slug}`),
        name: `${row.name} (${name} in WSL)`,
        configPath: () => unc(path),
        traces: () => row.traces(inside).map(unc),
        // Windows does not list the processes of a distribution.
        processes: [],
        toCommand: toWslPath,
        // Inside the distribution, as its client does: so a check proves the interop too.
        toStart: ({ command, args, env }) => ({
          command: wslOf(outside),
          args: ['-d', name, '--', command, ...args],
          env,
        }),
      },
    ]
  })
}
