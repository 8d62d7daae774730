import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createLoginItem } from './login-item.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'causeway-login-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

test('on Linux it is an autostart file, made and removed', async () => {
  const set = createLoginItem({
    platform: 'linux',
    executable: '/opt/My "App"/50% $x',
    configFolder: folder,
    setLoginItem: () => {},
  })
  await set(true)
  const text = await readFile(join(folder, 'autostart', 'causeway.desktop'), 'utf8')
  expect(text).toContain('Exec="/opt/My \\\\"App\\\\"/50%% \\\\$x" --hidden\n')
  await set(false)
  await set(false)
  expect(await readdir(join(folder, 'autostart'))).toEqual([])
})

test('elsewhere Electron does it, and nothing is written', async () => {
  const asked: unknown[] = []
  const set = createLoginItem({
    platform: 'darwin',
    executable: '/x',
    configFolder: folder,
    setLoginItem: (item) => asked.push(item),
  })
  await set(true)
  await set(false)
  expect(asked).toEqual([
    { openAtLogin: true, args: ['--hidden'] },
    { openAtLogin: false, args: ['--hidden'] },
  ])
  expect(await readdir(folder)).toEqual([])
})
