import { Settings, type SettingsChange } from '../../shared/contract/settings.ts'
import { Problem, type ProblemData } from '../../shared/problems.ts'
import type { Log } from '../lib/log.ts'
import { createSignal } from '../lib/signal.ts'

/** Where settings lie: conf when headless, electron-store in the app. */
export type SettingsStore = {
  /** Throws for a file that is there and cannot be read. */
  read: () => Record<string, unknown>
  write: (value: Record<string, unknown>) => void
  /** Moves the unreadable file out of the way and tells where it is now. */
  setAside: () => string
}
type Needs = { store: SettingsStore; log: Log }

/**
 * Knows what the person chose and which company they joined. A file that cannot be read is kept aside and said; one
 * bad field falls to its default alone; fields of a newer version survive.
 */
export function createSettings({ store, log }: Needs) {
  const changed = createSignal<Settings>()
  let problem: ProblemData | null = null
  let writable = true
  let raw = load()

  function load(): Record<string, unknown> {
    try {
      return store.read()
    } catch (error) {
      log.error('settings.unreadable', { error })
      setAside()
      return {}
    }
  }

  function setAside() {
    try {
      const aside = store.setAside()
      log.warn('settings.set-aside', { aside })
      problem = new Problem('settings.set-aside', aside).data
    } catch (error) {
      // What could not be moved is not written over either.
      log.error('settings.set-aside-failed', { error })
      problem = new Problem('settings.set-aside', 'It could not be moved, so nothing is saved').data
      writable = false
    }
  }

  let settings = parse(raw, log)

  function write(change: Partial<Settings>): Settings {
    const next = { ...raw, ...change, version: 1 }
    if (!writable) throw new Problem('settings.not-saved')
    try {
      store.write(next)
    } catch (error) {
      throw new Problem('settings.not-saved', error instanceof Error ? error.message : undefined, { cause: error })
    }
    raw = next
    settings = parse(raw, log)
    changed.emit(settings)
    return settings
  }

  return {
    snapshot: () => settings,
    changed: changed.on,
    update: (change: SettingsChange) => write(withoutUndefined(change)),
    /** What went wrong when the settings were read, if anything. */
    problem: () => problem,
    company: () => settings.company,
    setCompany: (address: string | null) => write({ company: address }),
  }
}

function parse(raw: Record<string, unknown>, log: Log): Settings {
  const good = Object.entries(Settings.shape).flatMap(([name, schema]) => {
    if (!(name in raw)) return []
    const result = schema.safeParse(raw[name])
    if (result.success) return [[name, result.data]]
    log.warn('settings.field-ignored', { name })
    return []
  })
  return Settings.parse(Object.fromEntries(good))
}

const withoutUndefined = (change: SettingsChange): Partial<Settings> =>
  Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined))
