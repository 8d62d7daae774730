import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { brand } from '../../shared/brand.ts'
import { writeAtomic } from '../lib/atomic-file.ts'

type Needs = {
  platform: NodeJS.Platform
  /** The installed executable, by its absolute path. */
  executable: string
  /** `~/.config` or what XDG_CONFIG_HOME says. */
  configFolder: string
  setLoginItem: (settings: { openAtLogin: boolean; args: string[] }) => void
}

/** Started at login the app stays in the tray. */
export const hiddenFlag = '--hidden'

/** Starts the app at login, or no longer. Electron does it on Windows and macOS; on Linux it is an autostart file. */
export function createLoginItem({ platform, executable, configFolder, setLoginItem }: Needs) {
  const path = join(configFolder, 'autostart', `${brand.slug}.desktop`)

  return async function set(openAtLogin: boolean) {
    if (platform !== 'linux') return setLoginItem({ openAtLogin, args: [hiddenFlag] })
    if (!openAtLogin) return rm(path, { force: true })
    await mkdir(join(configFolder, 'autostart'), { recursive: true })
    await writeAtomic(path, autostart(executable), { mode: 0o644 })
  }
}

const autostart = (executable: string) => `[Desktop Entry]
Type=Application
Name=${brand.product}
Exec=${quote(executable)} ${hiddenFlag}
X-GNOME-Autostart-enabled=true
`

/** Desktop Entry Specification, “The Exec key”: quoted, these four escaped, then `\\` again as a string, `%` doubled. */
const quote = (path: string) =>
  `"${path
    .replace(/["`$\\]/g, '\\$&')
    .replaceAll('\\', '\\\\')
    .replaceAll('%', '%%')}"`
