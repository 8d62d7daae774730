import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createWebFiles } from './web-files.ts'

let top: string
let read: ReturnType<typeof createWebFiles>

beforeAll(async () => {
  top = await mkdtemp(join(tmpdir(), 'causeway-files-'))
  await mkdir(join(top, 'ui', 'assets', 'folder.js'), { recursive: true })
  await mkdir(join(top, 'ui-other'))
  await writeFile(join(top, 'ui', 'index.html'), '<title>Causeway</title>')
  await writeFile(join(top, 'ui', 'assets', 'main-Ab_1.js'), 'void 0')
  await writeFile(join(top, 'ui', 'notes.txt'), 'not of a known type')
  await writeFile(join(top, 'ui', '.env.js'), 'hidden')
  await writeFile(join(top, 'secret.js'), 'secret')
  await writeFile(join(top, 'ui-other', 'secret.js'), 'secret')
  await symlink(join(top, 'secret.js'), join(top, 'ui', 'link.js'))
  await symlink(top, join(top, 'ui', 'out'))
  read = createWebFiles({ folder: join(top, 'ui'), connect: "'none'" })
})
afterAll(() => rm(top, { recursive: true, force: true }))

test('serves the window’s files with their type, never sniffed, never kept', async () => {
  const page = await read('/')
  expect(Buffer.from(page.body).toString()).toContain('Causeway')
  expect(page).toMatchObject({ status: 200, headers: { 'Content-Type': 'text/html; charset=utf-8' } })
  const script = await read('/assets/main-Ab_1.js')
  expect(script.headers).toMatchObject({
    'Content-Type': 'text/javascript; charset=utf-8',
    'X-Content-Type-Options': 'nosniff',
    'Cache-Control': 'no-store',
    'Referrer-Policy': 'no-referrer',
  })
})

test('the content policy lets only the window’s own files run, and names where it may connect', async () => {
  expect((await read('/')).headers['Content-Security-Policy']).toBe(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'none'; " +
      "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'",
  )
  const overLoopback = createWebFiles({ folder: join(top, 'ui'), connect: "'self'" })
  expect((await overLoopback('/')).headers['Content-Security-Policy']).toContain("connect-src 'self'")
})

test.each([
  '/../secret.js',
  '/assets/../../secret.js',
  '/..%2fsecret.js',
  '/%2e%2e/secret.js',
  '/%2E%2E%2Fsecret.js',
  '/.%2e/secret.js',
  '/..\\secret.js',
  '/..%5csecret.js',
  '/%252e%252e/secret.js',
  '/..%c0%afsecret.js',
  '/..%00/secret.js',
  '/secret.js%00.js',
  '/secret.js\0.js',
  '//secret.js',
  '///etc/passwd',
  '/etc/passwd',
  '/./index.html',
  '/assets//main-Ab_1.js',
  '/assets/',
  '/assets',
  '/assets/folder.js',
  '/link.js',
  '/out/secret.js',
  '/../ui-other/secret.js',
  '/.env.js',
  '/notes.txt',
  '/nothing.js',
  '',
  'index.html',
  '/index.html/',
  '/index.html/x.js',
  '/index.html?x',
  '/index.html#x',
  '/C:/secret.js',
  '/file:///secret.js',
  '/index.html::$DATA',
  '/con.js',
  `/${'a'.repeat(5000)}.js`,
  '/\u2025/secret.js',
  '/.../secret.js',
  '/~/secret.js',
  '/INDEX.HTML',
])('%j is not found', async (path) => {
  const answer = await read(path)
  expect(answer.status).toBe(404)
  expect(Buffer.from(answer.body).toString()).toBe('Not found')
  expect(answer.headers['Content-Security-Policy']).toContain("default-src 'none'")
})
