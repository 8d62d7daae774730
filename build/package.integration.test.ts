import { spawnSync } from 'node:child_process'
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import manifest from '../package.json' with { type: 'json' }

// Packs the real bundles with a stand-in for Electron's own files, because no Electron is needed to see what goes into
// the package. It carries the fuse wire (@electron/fuses: sentinel, version, length, one byte per fuse).
const root = join(import.meta.dirname, '..')
const sentinel = 'dL7pKGdnNz796PbbjQWNKmHXBZaB9tsX'
const { listPackage, extractFile } = createRequire(import.meta.url)('@electron/asar') as {
  listPackage: (archive: string, options: { isPack: boolean }) => string[]
  extractFile: (archive: string, file: string) => Buffer
}

let folder: string
let unpacked: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'causeway-package-'))
  const dist = join(folder, 'electron')
  await mkdir(dist)
  const wire = Buffer.concat([Buffer.from(sentinel), Buffer.from([1, 8]), Buffer.from('11111111')])
  await writeFile(join(dist, 'electron'), Buffer.concat([Buffer.from('#!/bin/sh\nexit 0\n'), wire]))
  await chmod(join(dist, 'electron'), 0o755)
  const packed = spawnSync(
    process.execPath,
    [
      join(root, 'node_modules/electron-builder/cli.js'),
      '--linux',
      'dir',
      '--x64',
      `-c.electronDist=${dist}`,
      `-c.directories.output=${folder}/out`,
    ],
    { cwd: root, encoding: 'utf8', timeout: 120_000, env: { ...process.env, HOME: folder } },
  )
  if (packed.status !== 0) throw new Error(packed.stdout + packed.stderr)
  unpacked = join(folder, 'out/linux-unpacked')
}, 150_000)
afterAll(() => rm(folder, { recursive: true, force: true }))

test('the package holds the bundles and of node_modules only keytar for this platform', () => {
  const files = listPackage(join(unpacked, 'resources/app.asar'), { isPack: false })
  expect(files).toEqual(
    expect.arrayContaining([
      '/dist/main/main.js',
      '/dist/preload/preload.cjs',
      '/dist/renderer/index.html',
      '/dist/worker/activity-worker.js',
    ]),
  )
  const modules = files.filter((file) => file.startsWith('/node_modules/')).map((file) => file.split('/')[2])
  expect([...new Set(modules)]).toEqual(['keytar'])
  const native = files.filter((file) => file.endsWith('.node'))
  expect(native).toEqual(['/node_modules/keytar/prebuilds/linux-x64/keytar.node'])
  expect(files.filter((file) => /\.(ts|map)$|\/e2e\/|\/vectors\//.test(file))).toEqual([])
})

test('the packed main file is the one that was built', async () => {
  const packed = extractFile(join(unpacked, 'resources/app.asar'), 'dist/main/main.js')
  expect(packed.equals(await readFile(join(root, 'dist/main/main.js')))).toBe(true)
  const manifest = JSON.parse(extractFile(join(unpacked, 'resources/app.asar'), 'package.json').toString())
  expect(manifest).toMatchObject({ name: 'causeway', main: 'dist/main/main.js' })
})

test('the fuses that would let others use the app as an interpreter are off', async () => {
  const bytes = await readFile(join(unpacked, 'causeway'))
  const at = bytes.indexOf(sentinel) + sentinel.length + 2
  // Order of FuseV1Options: RunAsNode, CookieEncryption, NodeOptions, NodeCliInspect, AsarIntegrity, OnlyAsar, V8Snapshot, FileProtocol.
  expect(bytes.toString('latin1', at, at + 8)).toBe('01001100')
})

test('the bridge lies beside the app, outside the archive, and runs', async () => {
  const bin = join(unpacked, 'resources/bin')
  const built = [...(await readdir(join(root, 'dist/bin'))), ...(await readdir(join(root, 'dist/bridge')))]
  expect(built).toEqual(['causeway-bridge', 'causeway-bridge.cjs'])
  expect((await readdir(bin)).sort()).toEqual(built)
  const version = (command: string, ...args: string[]) =>
    spawnSync(command, [...args, '--version'], { encoding: 'utf8' }).stdout
  expect(version(join(bin, 'causeway-bridge'))).toBe(`${manifest.version}\n`)
  expect(version(process.execPath, join(bin, 'causeway-bridge.cjs'))).toBe(`${manifest.version}\n`)
  const packed = listPackage(join(unpacked, 'resources/app.asar'), { isPack: false })
  expect(packed.filter((file) => file.includes('bridge'))).toEqual([])
})
