import { existsSync, mkdirSync, mkdtempSync, rmdirSync, rmSync, utimesSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { withLockFolder } from './lock-folder.ts'

let root: string
let file: string
let lock: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'causeway-lock-'))
  file = join(root, 'settings.json')
  lock = `${file}.lock`
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

test('holds the folder during the work and gives it back, also when the work fails', async () => {
  expect(await withLockFolder(file, async () => existsSync(lock))).toBe(true)
  expect(existsSync(lock)).toBe(false)
  await expect(withLockFolder(file, () => Promise.reject(new Error('x')))).rejects.toThrow('x')
  expect(existsSync(lock)).toBe(false)
})

test('waits until the app has finished its own write', async () => {
  mkdirSync(lock)
  const work = withLockFolder(file, async () => existsSync(lock), 60_000)
  setTimeout(() => rmdirSync(lock), 120)
  expect(await work).toBe(true)
})

test('does not wait for ever, and writes nothing then', async () => {
  mkdirSync(lock)
  let written = false
  const work = withLockFolder(
    file,
    async () => {
      written = true
    },
    100,
  )
  await expect(work).rejects.toMatchObject({ code: 'clients.file-in-use', detail: lock })
  expect(written).toBe(false)
  expect(existsSync(lock)).toBe(true)
})

test('a lock that a crash left behind is taken over', async () => {
  mkdirSync(lock)
  const long = new Date(Date.now() - 11_000)
  utimesSync(lock, long, long)
  expect(await withLockFolder(file, async () => 'done', 100)).toBe('done')
})

test('where the app has no folder yet nobody holds it', async () => {
  expect(await withLockFolder(join(root, 'not', 'there.json'), async () => 'done')).toBe('done')
})
