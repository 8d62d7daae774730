import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build, parse } from 'plist'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { brand } from '../../../shared/brand.ts'
import { keys, policyKeys } from '../keys.ts'
import { createPlistSource } from '../plist-source.ts'
import { createRegistrySource, type RegistryKey } from '../registry-source.ts'
import { parseKey } from '../values.ts'
import { toAdml, toAdmx } from './admx.ts'
import { convertPolicy, writePolicyTemplates } from './convert.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'causeway-forms-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const everything = Object.fromEntries(policyKeys.map((key) => [key, keys[key].example]))
const { allowUserPolicy, ...suggestions } = everything

async function convert(draft: object, name: string) {
  const from = join(folder, 'policy.json')
  const to = join(folder, 'out', name)
  await writeFile(from, JSON.stringify({ schemaVersion: 1, ...draft }))
  return { ...(await convertPolicy(from, to)), to }
}
const understood = (table: object) =>
  Object.fromEntries(policyKeys.map((key) => [key, parseKey(key, table as Record<string, unknown>, true)]))

test('every key with its example, as a profile: what macOS makes of it reads as the draft did', async () => {
  const { to } = await convert({ mandatory: everything, recommended: suggestions }, 'p.mobileconfig')
  const profile = parse(await readFile(to, 'utf8')) as never as {
    PayloadUUID: string
    PayloadContent: { PayloadContent: Record<string, { Forced: { mcx_preference_settings: object }[] }> }[]
  }
  const forced = profile.PayloadContent[0]?.PayloadContent[brand.appId]?.Forced[0]?.mcx_preference_settings
  await writeFile(join(folder, `${brand.appId}.plist`), build(forced as never), { mode: 0o644 })
  const source = createPlistSource({ folder, domain: brand.appId, user: 'ana', owner: process.getuid?.() ?? 0 })
  const [reading] = await source.read()
  expect(reading).not.toHaveProperty('refused')
  const { tables } = reading as { tables: { mandatory: object; recommended: object } }
  expect(understood(tables.mandatory)).toEqual(understood(everything))
  expect(understood(tables.recommended)).toEqual(understood(suggestions))
  expect(Object.keys(tables.mandatory).sort()).toEqual([...policyKeys].sort())
  // The next version of it must take this one's place.
  expect(profile.PayloadUUID).toMatch(/^[0-9A-F]{8}-[0-9A-F]{4}-8[0-9A-F]{3}-[89AB][0-9A-F]{3}-[0-9A-F]{12}$/)
})

/** What the registry editor does with such a file, for the kinds that are written here. */
function importReg(bytes: Buffer) {
  const [mark, ...lines] = bytes.toString('utf16le').split('\r\n')
  expect(mark).toBe('\ufeffWindows Registry Editor Version 5.00')
  const found = new Map<string, [string, unknown][]>()
  let values: [string, unknown][] = []
  for (const line of lines.filter((each) => each !== '')) {
    const key = /^\[(-?)HKEY_LOCAL_MACHINE\\(.+)\]$/.exec(line)
    if (key) {
      values = []
      if (key[1] === '') found.set(key[2] as string, values)
      continue
    }
    const [, name = '', kind, rest = ''] = /^"(\w+)"=(?:(dword|hex\(1\)):)?(.*)$/.exec(line) ?? expect.fail(line)
    const bare = rest.slice(1, -1).replaceAll('\\"', '"').replaceAll('\\\\', '\\')
    const text = () => Buffer.from(rest.split(',').map((byte) => Number.parseInt(byte, 16))).toString('utf16le')
    values.push([name, kind === 'dword' ? Number.parseInt(rest, 16) : kind ? text().slice(0, -1) : bare])
  }
  return found
}
function openImported(found: Map<string, [string, unknown][]>) {
  const open = (path: string): RegistryKey | null => {
    const values = found.get(path)
    const below = [...found.keys()]
      .filter((each) => each.startsWith(`${path}\\`))
      .map((each) => each.slice(path.length + 1))
    if (!values) return null
    return {
      values: () => values,
      subkeys: () => below.filter((name) => !name.includes('\\')),
      open: (name) => open(`${path}\\${name}`),
      close: () => {},
    }
  }
  return open
}

test('every key with its example, as a file for the registry: what stands there then reads as the draft did', async () => {
  const mandatory = { ...everything, caFiles: ['C:\\ca "x".pem', '/ü\n[HKEY_LOCAL_MACHINE\\SOFTWARE]'] }
  const { to } = await convert({ mandatory, recommended: { ...suggestions, answerMb: null, caFiles: [] } }, 'p.REG')
  const bytes = await readFile(to)
  const open = openImported(importReg(bytes))
  const source = createRegistrySource({
    path: `SOFTWARE\\Policies\\${brand.product}`,
    load: async () => (hive, path) => (hive === 'HKLM' ? open(path) : null),
  })
  const [reading] = await source.read()
  const { tables } = reading as { tables: { mandatory: object; recommended: object } }
  expect(understood(tables.mandatory)).toEqual(understood(mandatory))
  expect(understood(tables.recommended)).toEqual(understood({ ...suggestions, answerMb: null, caFiles: [] }))
  // A key that the draft no longer has must go.
  expect(bytes.toString('utf16le')).toContain(`[-HKEY_LOCAL_MACHINE\\SOFTWARE\\Policies\\${brand.product}]`)
})

test('names come out as they are spelled here, and a number in place of a boolean is none in JSON', async () => {
  const { to } = await convert({ mandatory: { ALLOWADHOC: false } }, 'case.reg')
  expect((await readFile(to)).toString('utf16le')).toContain('"allowAdHoc"=dword:00000000')
  expect(await convert({ mandatory: { allowAdHoc: 0 } }, 'n.reg')).toMatchObject({ written: null })
})

test('where something is wrong there is no file, and what stood there stays', async () => {
  await convert({ mandatory: { allowAdHoc: false } }, 'kept.reg')
  const before = await readFile(join(folder, 'out', 'kept.reg'))
  const bad = await convert({ mandatory: { allowAdHoc: 'perhaps' }, recommended: { theme: 1 } }, 'kept.reg')
  expect(bad.written).toBeNull()
  expect(bad.problems.map(({ code }) => code)).toEqual(['policy.key-invalid', 'policy.key-unknown'])
  expect(await readFile(join(folder, 'out', 'kept.reg'))).toEqual(before)
  const unsayable = convert({ mandatory: { caFiles: ['/a\u0001'] } }, 'x.mobileconfig')
  await expect(unsayable).rejects.toMatchObject({ code: 'policy.key-invalid' })
  await expect(convert({ mandatory: { caFiles: ['/\ud800'] } }, 'x.mobileconfig')).rejects.toMatchObject({
    code: 'policy.key-invalid',
  })
  const draft = join(folder, 'draft.reg')
  await writeFile(draft, '{"schemaVersion":1}')
  await expect(convertPolicy(draft, draft)).rejects.toMatchObject({ code: 'policy.not-written' })
  expect(await readFile(draft, 'utf8')).toBe('{"schemaVersion":1}')
  await expect(convert({}, 'policy.txt')).rejects.toMatchObject({ code: 'policy.form-unknown' })
  await expect(convertPolicy(join(folder, 'none.json'), join(folder, 'x.reg'))).resolves.toMatchObject({
    written: null,
  })
  await writeFile(join(folder, 'file'), '')
  await expect(convert({}, '../file/x.reg')).rejects.toMatchObject({ code: 'policy.not-written' })
  expect(await readdir(join(folder, 'out'))).not.toContain('x.mobileconfig')
})

const idsOf = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map(([, id]) => id as string)

test('the templates: each id once and of letters, each word and each field that is named is there', async () => {
  const [admx, adml] = [toAdmx(), toAdml()]
  const strings = idsOf(adml, /<string id="([^"]*)"/g)
  const presentations = idsOf(adml, /<presentation id="([^"]*)"/g)
  const policies = idsOf(admx, /<policy name="([^"]*)"/g)
  for (const ids of [strings, presentations, policies]) {
    expect(new Set(ids).size).toBe(ids.length)
    expect(ids.filter((id) => !/^[A-Za-z0-9_]+$/.test(id))).toEqual([])
  }
  expect(policies).toEqual([
    ...policyKeys,
    ...policyKeys.filter((key) => key !== 'allowUserPolicy').map((key) => `${key}_Recommended`),
  ])
  expect([...new Set(idsOf(admx, /\$\(string\.([^)]*)\)/g))].sort()).toEqual(strings.sort())
  expect(idsOf(admx, /\$\(presentation\.([^)]*)\)/g)).toEqual(presentations)
  // Each setting's fields stand in its presentation under the same ids.
  for (const id of presentations) {
    const [, shown = ''] = new RegExp(`<presentation id="${id}">([\\s\\S]*?)</presentation>`).exec(adml) ?? []
    const [, meant = ''] = new RegExp(`<policy name="${id}"([\\s\\S]*?)</policy>`).exec(admx) ?? []
    expect(idsOf(shown, /refId="([^"]*)"/g)).toEqual(idsOf(meant, /<(?:text|decimal|enum|list) id="([^"]*)"/g))
  }
})

test('the published templates are those that are made from the keys', async () => {
  const published = join(import.meta.dirname, '../../../docs/policy')
  expect(await readFile(join(published, 'causeway.admx'), 'utf8')).toBe(toAdmx())
  expect(await readFile(join(published, 'en-US/causeway.adml'), 'utf8')).toBe(toAdml())
})

test('the templates lie where Windows looks for them', async () => {
  const written = await writePolicyTemplates(join(folder, 'PolicyDefinitions'))
  expect(written.map((path) => path.slice(folder.length))).toEqual([
    '/PolicyDefinitions/causeway.admx',
    '/PolicyDefinitions/en-US/causeway.adml',
  ])
  for (const path of written)
    expect(await readFile(path, 'utf8')).toMatch(/^<\?xml version="1\.0" encoding="utf-8"\?>\r\n</)
})
