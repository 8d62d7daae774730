import { createFindUntrusted, refusing } from './folder-source.ts'
import { type PolicySources, parseFlat, type Reading, type Scope, type Table, Unreadable } from './reading.ts'
import { type Owner, readTrusted } from './trusted-file.ts'

type Needs = {
  /** `/Library/Managed Preferences`, where macOS puts what a profile forces. */
  folder: string
  /** The preferences' domain: the app's bundle id. */
  domain: string
  user: string
  owner?: Owner
}

/** macOS: the files of managed preferences, for the computer and for one person. They are the forced values only. */
export function createPlistSource({ folder, domain, user, owner = 0 }: Needs): PolicySources {
  const places = [
    { path: `${folder}/${domain}.plist`, scope: 'device' },
    { path: `${folder}/${user}/${domain}.plist`, scope: 'user' },
  ] as const

  async function read(): Promise<Reading[]> {
    const found = await Promise.all(places.map((place) => readPlist(place, owner)))
    return found.filter((reading) => reading !== null)
  }
  return { read, findUntrusted: createFindUntrusted(owner), watched: places.map(({ path }) => path) }
}

async function readPlist({ path, scope }: { path: string; scope: Scope }, owner: Owner): Promise<Reading | null> {
  const found = await refusing(path, async () => {
    const bytes = await readTrusted(path, owner)
    return bytes && parseFlat(await parsePlist(bytes))
  })
  if (found === null) return null
  return 'refused' in found ? { ...found, scope } : { source: path, scope, tables: found, asText: true }
}

async function parsePlist(bytes: Buffer): Promise<Table> {
  // Loaded only on a Mac that has such a file: it brings an XML parser.
  const { parse, parseBinary } = await import('plist')
  const isBinary = bytes.subarray(0, 6).toString('latin1') === 'bplist'
  const text = isBinary ? '' : new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  // The third form, of OpenStep, knows neither numbers nor booleans; no management tool writes it.
  if (!isBinary && !text.trimStart().startsWith('<')) throw new Unreadable('not a property list')
  const value: unknown = isBinary ? parseBinary(bytes) : parse(text)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Unreadable('it holds no table')
  return value as Table
}
