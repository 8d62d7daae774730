import { existsSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import Conf, { type Options } from 'conf'
import type { SettingsStore } from './settings.ts'

type Contents = Record<string, unknown>
/** conf names the file by `configName`, electron-store, which extends it, by `name`. */
type OpenOptions = Options<Contents> & { name: string }
type Needs = { folder: string; now: () => Date; open?: (options: OpenOptions) => { store: Contents } }

/** Settings in `settings.json`. Under Electron the shell passes `open: (options) => new ElectronStore(options)`: same file. */
export function createConfStore({ folder, now, open = (options) => new Conf(options) }: Needs): SettingsStore {
  let conf: { store: Contents } | null = null
  const opened = () => {
    conf ??= open({
      cwd: folder,
      name: 'settings',
      configName: 'settings',
      accessPropertiesByDotNotation: false,
      clearInvalidConfig: false,
      configFileMode: 0o600,
      deserialize: parse,
    })
    return conf
  }
  return {
    read: () => ({ ...opened().store }),
    write: (value) => {
      opened().store = value
    },
    setAside: () => {
      conf = null
      const stamp = now().toISOString().replaceAll(':', '-').slice(0, 19)
      let aside = join(folder, `settings.unreadable-${stamp}.json`)
      for (let count = 2; existsSync(aside); count += 1)
        aside = join(folder, `settings.unreadable-${stamp}-${count}.json`)
      renameSync(join(folder, 'settings.json'), aside)
      return aside
    },
  }
}

/** conf would take `[]`, `5` or `null` for an empty file: what is not an object is damaged. */
function parse(text: string): Contents {
  const value: unknown = JSON.parse(text.replace(/^\ufeff/, ''))
  if (value === null || typeof value !== 'object' || Array.isArray(value)) throw new SyntaxError('Not a JSON object')
  return value as Contents
}
