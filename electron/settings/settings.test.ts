import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { SettingsChange } from '../../shared/contract/settings.ts'
import { createMemoryLog } from '../lib/log.ts'
import { createConfStore } from './conf-store.ts'
import { createSettings, type Managed, type SettingsStore } from './settings.ts'

let folder: string
let file: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'causeway-settings-'))
  file = join(folder, 'settings.json')
})
afterEach(() => rmSync(folder, { recursive: true }))

function openSettings(over: Partial<SettingsStore> = {}, managed?: Managed) {
  const { log, lines } = createMemoryLog()
  const store = { ...createConfStore({ folder, now: () => new Date('2026-11-20T10:11:12Z') }), ...over }
  return { ...createSettings({ store, log, ...(managed ? { managed } : {}) }), lines }
}
const defaults = {
  theme: 'system',
  startAtLogin: true,
  trayHintShown: false,
  welcomeDone: false,
  allowAdHoc: true,
  repairApps: 'ask',
  activityDays: 30,
  answerMb: null,
  proxy: { mode: 'system' },
  caFiles: [],
  company: null,
}
const written = () => JSON.parse(readFileSync(file, 'utf8')) as unknown

test('a first start has the defaults, no problem, and writes no file', () => {
  const settings = openSettings()
  expect(settings.snapshot()).toEqual(defaults)
  expect(settings.problem()).toBeNull()
  expect(readdirSync(folder)).toEqual([])
})

test('a change is on disk, told to listeners, and there after a restart', () => {
  const settings = openSettings()
  const told: unknown[] = []
  settings.changed((value) => told.push(value))
  expect(settings.update({ theme: 'dark' })).toEqual({ ...defaults, theme: 'dark' })
  settings.setCompany('https://corp.example')
  expect(told).toEqual([
    { ...defaults, theme: 'dark' },
    { ...defaults, theme: 'dark', company: 'https://corp.example' },
  ])
  expect(openSettings().snapshot()).toEqual({ ...defaults, theme: 'dark', company: 'https://corp.example' })
  if (process.platform !== 'win32') expect(statSync(file).mode & 0o777).toBe(0o600)
})

test('one bad field falls to its default, the good ones and those of a newer version stay', () => {
  writeFileSync(file, JSON.stringify({ theme: 'pink', activityDays: 7, company: 12, 'new.field': { a: 1 } }))
  const settings = openSettings()
  expect(settings.snapshot()).toEqual({ ...defaults, activityDays: 7 })
  expect(settings.lines.join()).toContain('settings.field-ignored')
  settings.update({ startAtLogin: false })
  expect(written()).toMatchObject({ activityDays: 7, startAtLogin: false, 'new.field': { a: 1 } })
})

for (const [kind, text] of Object.entries({
  'is cut short': '{"theme": "da',
  'is empty': '',
  'holds a list': '[]',
  'holds null': 'null',
}))
  test(`a file that ${kind} is kept aside and said, never emptied`, () => {
    writeFileSync(file, text)
    const settings = openSettings()
    expect(settings.snapshot()).toEqual(defaults)
    expect(settings.problem()).toMatchObject({
      code: 'settings.set-aside',
      detail: join(folder, 'settings.unreadable-2026-11-20T10-11-12.json'),
    })
    expect(readFileSync(settings.problem()?.detail ?? '', 'utf8')).toBe(text)
    settings.update({ theme: 'light' })
    expect(openSettings().snapshot().theme).toBe('light')

    writeFileSync(file, text)
    openSettings()
    expect(readdirSync(folder).filter((name) => name.includes('unreadable'))).toHaveLength(2)
  })

test('a byte order mark and hand-made layout are read', () => {
  writeFileSync(file, '\ufeff{\r\n  "theme" : "dark" }\r\n')
  expect(openSettings().snapshot().theme).toBe('dark')
})

test('what is in the way and cannot be moved is not written over', () => {
  mkdirSync(file)
  const overwritten: unknown[] = []
  const settings = openSettings({
    setAside: () => {
      throw new Error('EPERM')
    },
    write: (value) => overwritten.push(value),
  })
  expect(settings.snapshot()).toEqual(defaults)
  expect(() => settings.update({ theme: 'dark' })).toThrow(expect.objectContaining({ code: 'settings.not-saved' }))
  expect(overwritten).toEqual([])
})

test('a full disk refuses the change and leaves the settings as they were', () => {
  const settings = openSettings({
    write: () => {
      throw new Error('ENOSPC: no space left on device')
    },
  })
  expect(() => settings.update({ theme: 'dark' })).toThrow(
    expect.objectContaining({ code: 'settings.not-saved', detail: 'ENOSPC: no space left on device' }),
  )
  expect(settings.snapshot()).toEqual(defaults)
})

test('a proxy’s password is not taken into this file', () => {
  const fixed = (url: string) => SettingsChange.safeParse({ proxy: { mode: 'fixed', url } }).success
  expect(fixed('http://proxy.acme.test:3128')).toBe(true)
  expect(fixed('http://ana:hunter2@proxy.acme.test:3128')).toBe(false)
  expect(fixed('socks5://proxy.acme.test')).toBe(false)
})

test('what IT decides goes before what the person chose, cannot be changed, and gives it back unharmed', () => {
  openSettings().update({ activityDays: 7 })
  const decided: Record<string, unknown> = { activityDays: 90 }
  const suggested = { answerMb: 20, startAtLogin: false }
  let tell = () => {}
  const settings = openSettings({}, {
    settle: (chosen) => ({ ...suggested, ...chosen, ...decided, requireKeychain: true }),
    isLocked: (name) => name in decided,
    changed: (listener) => {
      tell = listener
      return () => {}
    },
  } as Managed)
  expect(settings.snapshot()).toEqual({ ...defaults, ...suggested, activityDays: 90 })
  expect(settings.chosen()).toEqual({ activityDays: 7 })
  expect(() => settings.update({ activityDays: 1 })).toThrow(expect.objectContaining({ code: 'policy.locked' }))
  expect(settings.update({ startAtLogin: true, theme: 'dark' })).toMatchObject({ startAtLogin: true, activityDays: 90 })
  expect(written()).toMatchObject({ activityDays: 7, startAtLogin: true })
  expect(written()).not.toHaveProperty('answerMb')

  const told: unknown[] = []
  settings.changed(({ activityDays }) => told.push(activityDays))
  delete decided.activityDays
  tell()
  expect(told).toEqual([7])
  expect(settings.update({ activityDays: 1 })).toMatchObject({ activityDays: 1 })
})
