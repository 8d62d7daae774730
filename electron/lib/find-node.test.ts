import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { findNode } from './find-node.ts'

let folder: string
const at = (path: string) => join(folder, path)
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'causeway-node-'))
  for (const path of ['clone/node_modules/.bin', 'npm', 'a', 'b', 'bare']) await mkdir(at(path), { recursive: true })
  for (const path of ['clone/node_modules/.bin/node', 'npm/node', 'b/node']) await writeFile(at(path), '')
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const find = (root: string, env: Record<string, string>) =>
  findNode({ root: at(root), env, platform: 'linux', fallback: '/electron' })

test('the pinned Node comes first, then npm’s, then the first on the PATH', () => {
  const env = { npm_node_execpath: at('npm/node'), PATH: [at('a'), at('b')].join(delimiter) }
  expect(find('clone', env)).toBe(at('clone/node_modules/.bin/node'))
  expect(find('bare', env)).toBe(at('npm/node'))
  expect(find('bare', { ...env, npm_node_execpath: at('gone/node') })).toBe(at('b/node'))
  expect(find('bare', { PATH: at('a') })).toBe('/electron')
})
