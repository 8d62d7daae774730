import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createWebFiles } from '../lib/web-files.ts'
import { createWindowFiles } from './window-files.ts'

let folder: string
let answer: ReturnType<typeof createWindowFiles>
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'causeway-window-'))
  await writeFile(join(folder, 'index.html'), '<title>Causeway</title>')
  answer = createWindowFiles(createWebFiles({ folder, connect: "'none'" }))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

test('app://ui/ is the window, and it may connect to nothing', async () => {
  const response = await answer({ method: 'GET', url: 'app://ui/' })
  expect(response.status).toBe(200)
  expect(await response.text()).toContain('Causeway')
  expect(response.headers.get('content-security-policy')).toContain("connect-src 'none'")
  expect(response.headers.get('x-content-type-options')).toBe('nosniff')
})

test.each([
  'app://other/index.html',
  'app://ui.evil/index.html',
  'app://ui:80/index.html',
  'app://a@ui/index.html',
  'app:/index.html',
  'app:///index.html',
  'http://ui/index.html',
  'file:///index.html',
  'https://app/ui/index.html',
  'app://ui/../../etc/passwd',
  'app://ui/%2e%2e/%2e%2e/etc/passwd',
  'app://ui/..%2f..%2fetc/passwd',
  'app://ui/%00',
  'app://ui//index.html',
  'app://ui/nothing.js',
])('%s is not found', async (url) => {
  expect((await answer({ method: 'GET', url })).status).toBe(404)
})

test.each(['POST', 'HEAD', 'PUT', 'OPTIONS'])('%s is not answered', async (method) => {
  expect((await answer({ method, url: 'app://ui/' })).status).toBe(404)
})
