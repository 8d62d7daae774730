import { mkdtempSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createMemoryLog } from '../lib/log.ts'
import { createFileLock } from './file-lock.ts'

// Every write is synced to the disk: on a busy machine that takes its time.
vi.setConfig({ testTimeout: 30_000 })

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'causeway-lock-'))
})
afterEach(() => rm(folder, { recursive: true }))

const { log, lines } = createMemoryLog()
const lockOf = (path: string, waitMs?: number) =>
  createFileLock({ path, log, ...(waitMs === undefined ? {} : { waitMs }) })

test('lets one holder in at a time, also over two locks on the same file, and passes results and errors on', async () => {
  const path = join(folder, 'sub', 'vault.lock')
  const locks = [lockOf(path), lockOf(path)]
  let inside = 0
  let most = 0
  const work = Array.from({ length: 10 }, (_, turn) =>
    locks[turn % 2]?.(async () => {
      inside += 1
      most = Math.max(most, inside)
      await new Promise((resolve) => setTimeout(resolve, 2))
      inside -= 1
      if (turn === 3) throw new Error('turn 3')
      return turn
    }).catch((error: Error) => error.message),
  )
  expect(await Promise.all(work)).toEqual([0, 1, 2, 'turn 3', 4, 5, 6, 7, 8, 9])
  expect(most).toBe(1)
})

test('gives up on a holder that never ends, with a problem that says so', async () => {
  const path = join(folder, 'vault.lock')
  const held = Promise.withResolvers<void>()
  const entered = Promise.withResolvers<void>()
  const holder = lockOf(path)(() => {
    entered.resolve()
    return held.promise
  })
  await entered.promise
  await expect(lockOf(path, 50)(async () => 'in')).rejects.toMatchObject({ code: 'vault.busy' })
  held.resolve()
  await holder
  expect(await lockOf(path)(async () => 'in')).toBe('in')
})

test('is a file of the owner only, and writes nothing into it', async () => {
  const path = join(folder, 'vault.lock')
  await lockOf(path)(async () => expect(readdirSync(folder)).toEqual(['vault.lock']))
  expect(statSync(path).size).toBe(0)
  if (process.platform !== 'win32') expect(statSync(path).mode & 0o777).toBe(0o600)
})

test('replaces a lock file that somebody filled with something else', async () => {
  const path = join(folder, 'vault.lock')
  writeFileSync(path, 'not a lock'.repeat(1000))
  expect(await lockOf(path)(async () => 'in')).toBe('in')
})

test('lets the work go on where no lock file can be made', async () => {
  writeFileSync(join(folder, 'file'), '')
  expect(await lockOf(join(folder, 'file', 'vault.lock'))(async () => 'in')).toBe('in')
  expect(lines.join()).toContain('lock.unavailable')
})
