import { type PolicySources, parseFlat, type Reading, type Scope, type Table, Unreadable } from './reading.ts'

/** The part of the registry that is used; `get` gives a number, text, a list of texts, or bytes. */
export type RegistryKey = {
  values: () => [string, unknown][]
  subkeys: () => string[]
  open: (name: string) => RegistryKey | null
  close: () => void
}
/** Null where there is no such key; throws where there is one that cannot be opened. */
type OpenKey = (hive: 'HKLM' | 'HKCU', path: string) => RegistryKey | null

type Needs = { path: string; load?: () => Promise<OpenKey> }

const hives = [
  { hive: 'HKLM', scope: 'device' },
  { hive: 'HKCU', scope: 'user' },
] as const

/** Windows: the policies' key of the computer and of the person. Who may write there is for Windows to say. */
export function createRegistrySource({ path, load = loadRegistry }: Needs): PolicySources {
  async function read(): Promise<Reading[]> {
    const open = await load().catch((error: unknown) => toReason(error))
    return hives.flatMap(({ hive, scope }) => {
      const source = `${hive}\\${path}`
      // Without the module nobody knows whether there is a policy, so there is one that cannot be read.
      if (typeof open === 'string') return [{ source, scope, refused: open }]
      return readHive(source, scope, () => open(hive, path))
    })
  }
  return { read, findUntrusted: async () => null, watched: [] }
}

function readHive(source: string, scope: Scope, open: () => RegistryKey | null): Reading[] {
  try {
    const key = open()
    if (!key) return []
    return [{ source, scope, tables: parseFlat(closing(key, readTable)), asText: true }]
  } catch (error) {
    return [{ source, scope, refused: toReason(error) }]
  }
}

/** Values as they stand; a key below is a list (`1`, `2`, …), but for the table of recommended values. */
function readTable(key: RegistryKey): Table {
  const below = key.subkeys().flatMap((name): [string, unknown][] => {
    const child = key.open(name)
    if (!child) return []
    return [[name, closing<unknown>(child, name.toLowerCase() === 'recommended' ? readTable : readList)]]
  })
  const all = [...key.values(), ...below]
  const names = new Set(all.map(([name]) => name.toLowerCase()))
  if (names.size < all.length) throw new Unreadable('one name stands there as a value and as a key')
  return Object.fromEntries(all)
}

const readList = (key: RegistryKey): unknown[] =>
  key
    .values()
    .sort(([one], [other]) => Number(one) - Number(other))
    .map(([, value]) => value)

function closing<T>(key: RegistryKey, work: (key: RegistryKey) => T): T {
  try {
    return work(key)
  } finally {
    key.close()
  }
}

const toReason = (error: unknown) => (error instanceof Error ? error.message : 'it cannot be read')

/** The native module, on Windows only and at the first reading; always the 64-bit view, which management tools write. */
async function loadRegistry(): Promise<OpenKey> {
  const native = (await import('native-reg')).default
  const access = native.Access.READ | native.Access.WOW64_64KEY
  const wrap = (key: ReturnType<typeof native.openKey>): RegistryKey | null =>
    key && {
      values: () => native.enumValueNames(key).map((name) => [name, plain(native.queryValue(key, name))]),
      subkeys: () => native.enumKeyNames(key),
      open: (name) => wrap(native.openKey(key, name, access)),
      close: () => native.closeKey(key),
    }
  return (hive, path) => wrap(native.openKey(native[hive], path, access))
}

const plain = (value: unknown) => (typeof value === 'bigint' ? Number(value) : value)
