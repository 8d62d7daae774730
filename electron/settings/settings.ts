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
type Needs = { store: SettingsStore; managed?: Managed; log: Log }

/** What IT decides of these choices. */
export type Managed = {
  /** What holds where it is not the person's choice or the default: decided, or suggested where they chose nothing. */
  settle: (chosen: Partial<Settings>) => Partial<Settings>
  isLocked: (name: string) => boolean
  changed: (listener: () => void) => () => void
}
const unmanaged: Managed = { settle: () => ({}), isLocked: () => false, changed: () => () => {} }

/**
 * Knows what the person chose and which company they joined, and gives what holds: what IT decided goes before it. A
 * file that cannot be read is kept aside and said; one bad field falls to its default alone; fields of a newer version
 * survive, and so does what the person chose before IT decided.
 */
export function createSettings({ store, managed = unmanaged, log }: Needs) {
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

  let chosen = parse(raw, log)
  // Kept, because it is asked for with every connection.
  let settled: Settings | null = null
  function snapshot(): Settings {
    settled ??= Settings.parse({ ...chosen, ...pick(managed.settle(chosen)) })
    return settled
  }
  function tell() {
    settled = null
    changed.emit(snapshot())
  }
  managed.changed(tell)

  function write(change: Partial<Settings>): Settings {
    const locked = Object.keys(change).find(managed.isLocked)
    if (locked) throw new Problem('policy.locked', locked)
    const next = { ...raw, ...change, version: 1 }
    if (!writable) throw new Problem('settings.not-saved')
    try {
      store.write(next)
    } catch (error) {
      throw new Problem('settings.not-saved', error instanceof Error ? error.message : undefined, { cause: error })
    }
    raw = next
    chosen = parse(raw, log)
    tell()
    return snapshot()
  }

  return {
    snapshot,
    /** Only what the person chose themselves. */
    chosen: () => chosen,
    changed: changed.on,
    update: (change: SettingsChange) => write(withoutUndefined(change)),
    /** What went wrong when the settings were read, if anything. */
    problem: () => problem,
    setCompany: (address: string | null) => write({ company: address }),
  }
}

function parse(raw: Record<string, unknown>, log: Log): Partial<Settings> {
  const good = Object.entries(Settings.shape).flatMap(([name, schema]) => {
    if (!(name in raw)) return []
    const result = schema.safeParse(raw[name])
    if (result.success) return [[name, result.data]]
    log.warn('settings.field-ignored', { name })
    return []
  })
  return Object.fromEntries(good)
}

/** IT decides about more than settings. */
const pick = (values: Partial<Settings>) =>
  Object.fromEntries(Object.entries(values).filter(([name]) => name in Settings.shape))

const withoutUndefined = (change: SettingsChange): Partial<Settings> =>
  Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined))
