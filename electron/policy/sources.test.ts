import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build, buildBinary } from 'plist'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createPlistSource } from './plist-source.ts'
import { createRegistrySource, type RegistryKey } from './registry-source.ts'

const owner = process.getuid?.() ?? 0
let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'policy-sources-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const domain = 'com.causeway.desktop'
const onMac = () => createPlistSource({ folder, domain, user: 'ana', owner }).read()

const forced = {
  company: 'https://mcp.example.com',
  allowAdHoc: false,
  activityDays: 90,
  caFiles: ['/Library/Causeway/root.pem'],
  recommended: { startAtLogin: false },
}
const tables = {
  mandatory: { company: forced.company, allowAdHoc: false, activityDays: 90, caFiles: forced.caFiles },
  recommended: forced.recommended,
}

test.each([
  ['XML', () => build(forced)],
  ['binary', () => Buffer.from(buildBinary(forced))],
])('managed preferences as %s are read, the computer’s before the person’s', async (_, write) => {
  writeFileSync(join(folder, `${domain}.plist`), write())
  mkdirSync(join(folder, 'ana'))
  writeFileSync(join(folder, 'ana', `${domain}.plist`), build({ allowAdHoc: true }))
  expect(await onMac()).toEqual([
    { source: `${folder}/${domain}.plist`, scope: 'device', tables, asText: true },
    {
      source: `${folder}/ana/${domain}.plist`,
      scope: 'user',
      tables: { mandatory: { allowAdHoc: true }, recommended: {} },
      asText: true,
    },
  ])
})

test('a Mac without a profile has no policy', async () => expect(await onMac()).toEqual([]))

test.each([
  ['cut short', build(forced).slice(0, 200)],
  ['binary and cut short', Buffer.from(buildBinary(forced)).subarray(0, 60)],
  ['empty', ''],
  ['of OpenStep', '{ allowAdHoc = NO; }'],
  ['no table', build(['a'])],
  ['of another version', build({ schemaVersion: 2 })],
])('managed preferences that are %s are refused', async (_, bytes) => {
  writeFileSync(join(folder, `${domain}.plist`), bytes)
  expect(await onMac()).toEqual([
    { source: `${folder}/${domain}.plist`, scope: 'device', refused: expect.stringMatching(/./) },
  ])
})

type Tree = { [name: string]: unknown }
/** A registry of plain objects: a table is a key. */
function toKey(tree: Tree): RegistryKey {
  const isKey = (value: unknown): value is Tree =>
    typeof value === 'object' && value !== null && !Array.isArray(value) && !Buffer.isBuffer(value)
  return {
    values: () => Object.entries(tree).filter(([, value]) => !isKey(value)),
    subkeys: () => Object.keys(tree).filter((name) => isKey(tree[name])),
    open: (name) => (isKey(tree[name]) ? toKey(tree[name]) : null),
    close: () => {},
  }
}
const path = 'SOFTWARE\\Policies\\Causeway'
const onWindows = (machine: Tree | null | Error, user: Tree | null = null) =>
  createRegistrySource({
    path,
    load: async () => (hive) => {
      if (hive === 'HKLM' && machine instanceof Error) throw machine
      const tree = hive === 'HKLM' ? (machine as Tree | null) : user
      return tree && toKey(tree)
    },
  }).read()

test('the registry’s values, lists as keys or as one value, and what is only recommended', async () => {
  const machine = {
    company: 'https://mcp.example.com',
    allowAdHoc: 0,
    caFiles: { '10': 'C:\\c.pem', '1': 'C:\\a.pem', '2': 'C:\\b.pem' },
    Recommended: { activityDays: 90, caFiles: { '1': 'C:\\d.pem' } },
  }
  expect(await onWindows(machine, { allowAdHoc: 1 })).toEqual([
    {
      source: `HKLM\\${path}`,
      scope: 'device',
      asText: true,
      tables: {
        mandatory: {
          company: 'https://mcp.example.com',
          allowAdHoc: 0,
          caFiles: ['C:\\a.pem', 'C:\\b.pem', 'C:\\c.pem'],
        },
        recommended: { activityDays: 90, caFiles: ['C:\\d.pem'] },
      },
    },
    {
      source: `HKCU\\${path}`,
      scope: 'user',
      asText: true,
      tables: { mandatory: { allowAdHoc: 1 }, recommended: {} },
    },
  ])
})

test('a Windows without the key has no policy', async () => expect(await onWindows(null)).toEqual([]))

test('a key that cannot be opened, or a registry that cannot be read, is refused', async () => {
  expect(await onWindows(new Error('Access is denied'))).toMatchObject([{ refused: 'Access is denied' }])
  const load = async () => Promise.reject(new Error('no native module'))
  expect(await createRegistrySource({ path, load }).read()).toMatchObject([
    { scope: 'device', refused: 'no native module' },
    { scope: 'user', refused: 'no native module' },
  ])
})

test('one name as a value and as a key is refused: nobody knows which is meant', async () => {
  expect(await onWindows({ caFiles: 'C:\\a.pem', CAFILES: { '1': 'C:\\b.pem' } })).toMatchObject([
    { refused: 'one name stands there as a value and as a key' },
  ])
})
