import { execFileSync } from 'node:child_process'
import { chmod, chown, link, mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createFolderSource } from './folder-source.ts'

// Real owners and modes, which only root can make.
const isRoot = process.getuid?.() === 0

describe.skipIf(!isRoot)('a policy counts only where nobody but root can have written it', () => {
  let base: string
  let folder: string
  let file: string
  const anna = 1000
  beforeEach(async () => {
    base = await mkdtemp(join(tmpdir(), 'policy-root-'))
    await chmod(base, 0o755)
    folder = join(base, 'causeway')
    file = join(folder, 'policy.json')
    await mkdir(join(folder, 'policy.d'), { recursive: true, mode: 0o755 })
    await writeFile(file, '{"schemaVersion":1,"mandatory":{"allowAdHoc":true}}', { mode: 0o644 })
    await chmod(file, 0o644)
  })
  afterEach(() => rm(base, { recursive: true, force: true }))

  const read = () => createFolderSource({ folder }).read()
  const refusal = async () => (await read()).map((reading) => reading.refused)

  test('root’s own file, readable by all, is believed', async () => {
    expect(await read()).toMatchObject([{ source: file, tables: { mandatory: { allowAdHoc: true } } }])
  })

  test.each<[string, string, () => Promise<unknown>]>([
    ['its group can write it', 'it can be written by others than root', () => chmod(file, 0o664)],
    ['everybody can write it', 'it can be written by others than root', () => chmod(file, 0o646)],
    ['it belongs to a person', 'it belongs to user 1000, not to root', () => chown(file, anna, anna)],
    ['it has a second name', 'it has a second name (a hard link)', () => link(file, join(base, 'other'))],
    [
      'it is a link to a good file',
      'it is a link',
      async () => {
        await rename(file, join(folder, 'real.json'))
        await symlink('real.json', file)
      },
    ],
    [
      'it is a pipe that nobody fills',
      'it is not a file',
      async () => {
        await rm(file)
        execFileSync('mkfifo', [file])
      },
    ],
    [
      'it is a folder',
      'it is not a file',
      async () => {
        await rm(file)
        await mkdir(file)
      },
    ],
    ['it is larger than 1 MB', 'it is larger than 1 MB', () => writeFile(file, ' '.repeat(1024 * 1024 + 1))],
  ])('refused where %s', async (_, reason, spoil) => {
    await spoil()
    expect(await refusal()).toEqual([reason])
  })

  test.each<[string, (path: string) => Promise<unknown>, RegExp]>([
    ['can be written by everybody', (path) => chmod(path, 0o777), /can be written by others than root$/],
    ['belongs to a person', (path) => chown(path, anna, anna), /belongs to user 1000, not to root$/],
  ])('refused where a folder above %s, at any level', async (_, spoil, reason) => {
    await spoil(base)
    expect(await refusal()).toEqual([expect.stringMatching(reason), expect.stringMatching(reason)])
  })

  test('refused where the folder is a link', async () => {
    await rename(folder, join(base, 'real'))
    await symlink('real', folder)
    expect(await refusal()).toEqual([`${folder} is a link`, `${folder} is a link`])
  })

  test('policy.d is held to the same, and its files each to theirs', async () => {
    const drop = join(folder, 'policy.d/50.json')
    await writeFile(drop, '{"schemaVersion":1}')
    await chown(drop, anna, anna)
    expect(await refusal()).toEqual(['it belongs to user 1000, not to root', undefined])
    await chmod(join(folder, 'policy.d'), 0o777)
    expect(await refusal()).toEqual([`${join(folder, 'policy.d')} can be written by others than root`, undefined])
  })

  test('a file that a person may not even read is no absent one', async () => {
    await chmod(file, 0o600)
    const program = `import { createFolderSource } from ${JSON.stringify(join(import.meta.dirname, 'folder-source.ts'))}
      process.setgid(${anna}); process.setuid(${anna})
      console.log(JSON.stringify(await createFolderSource({ folder: ${JSON.stringify(folder)} }).read()))`
    const out = execFileSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' })
    expect(JSON.parse(out)).toEqual([{ source: file, scope: 'device', refused: 'it cannot be opened (EACCES)' }])
  })
})
