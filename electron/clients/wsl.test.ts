import { expect, test } from 'vitest'
import { ClientId } from '../../shared/ids.ts'
import { getApp, listApps } from './apps.ts'
import type { Run } from './client-policy/sources.ts'
import { createPlace } from './place.ts'
import { findDistributions, parseNames, toWslPath } from './wsl.ts'

const utf16 = (text: string) => Buffer.from(`\ufeff${text}`, 'utf16le').toString('utf8')
const windows = (files: string[] = []) =>
  createPlace(
    { platform: 'win32', home: 'C:\\Users\\ana', env: { SystemRoot: 'C:\\Windows' } },
    { exists: (path) => files.includes(path), list: () => [], read: () => '' },
  )

test('reads the names as wsl.exe writes them, without Docker’s', () => {
  const text = 'Ubuntu\r\nDebian 12\r\ndocker-desktop\r\ndocker-desktop-data\r\n\r\n'
  expect(parseNames([...text].join('\0'))).toEqual(['Ubuntu', 'Debian 12'])
  expect(parseNames(text)).toEqual(['Ubuntu', 'Debian 12'])
  expect(parseNames('')).toEqual([])
  expect(parseNames(utf16('Ubuntu\r\n')).every((name) => /^[\w .-]+$/.test(name))).toBe(true)
  expect(parseNames('..\\..\\evil\r\nA&B\r\n')).toEqual([])
})

test('asks only distributions that run for their home, and wakes none', async () => {
  const asked: string[][] = []
  const run: Run = async (program, args) => {
    expect(program).toBe('C:\\Windows\\System32\\wsl.exe')
    asked.push(args)
    if (args[0] === '-l') return 'Ubuntu\r\nBroken\r\n'
    if (args[1] === 'Broken') throw new Error('exit 1')
    return '/home/ana\n'
  }
  expect(await findDistributions(windows(), run)).toEqual([{ name: 'Ubuntu', home: '/home/ana' }])
  expect(asked[0]).toEqual(['-l', '-q', '--running'])
  expect(await findDistributions(windows(), () => Promise.reject(new Error('no WSL')))).toEqual([])
  const linux = createPlace({ platform: 'linux', home: '/home/ana', env: {} })
  expect(await findDistributions(linux, run)).toEqual([])
})

test.each([
  ['codex-wsl-ubuntu-22-04', '\\\\wsl$\\Ubuntu-22.04\\home\\ana\\.codex\\config.toml'],
  ['claude-code-wsl-ubuntu-22-04', '\\\\wsl$\\Ubuntu-22.04\\home\\ana\\.claude.json'],
  ['gemini-cli-wsl-ubuntu-22-04', '\\\\wsl$\\Ubuntu-22.04\\home\\ana\\.gemini\\settings.json'],
  ['opencode-wsl-ubuntu-22-04', '\\\\wsl$\\Ubuntu-22.04\\home\\ana\\.config\\opencode\\opencode.json'],
  ['copilot-cli-wsl-ubuntu-22-04', '\\\\wsl$\\Ubuntu-22.04\\home\\ana\\.copilot\\mcp-config.json'],
  ['goose-wsl-ubuntu-22-04', '\\\\wsl$\\Ubuntu-22.04\\home\\ana\\.config\\goose\\config.yaml'],
])('%s lies at %s', (id, path) => {
  const found = getApp(windows(), ClientId.parse(id), [{ name: 'Ubuntu-22.04', home: '/home/ana' }])
  expect(found.path).toBe(path)
  expect(found.row.traces(windows()).every((trace) => trace.startsWith('\\\\wsl$\\Ubuntu-22.04\\'))).toBe(true)
})

test('a check starts the command inside the distribution, as its client does', () => {
  const { row } = getApp(windows(), ClientId.parse('codex-wsl-ubuntu'), [{ name: 'Ubuntu', home: '/home/ana' }])
  expect(row.toStart?.({ command: '/mnt/c/x.exe', args: ['github'], env: {} })).toEqual({
    command: 'C:\\Windows\\System32\\wsl.exe',
    args: ['-d', 'Ubuntu', '--', '/mnt/c/x.exe', 'github'],
    env: {},
  })
})

test('no distribution, no rows; the program of Windows is started by its path under /mnt', () => {
  expect(listApps(windows()).some(({ id }) => id.includes('-wsl-'))).toBe(false)
  expect(toWslPath('C:\\Program Files\\Causeway\\causeway-bridge.exe')).toBe(
    '/mnt/c/Program Files/Causeway/causeway-bridge.exe',
  )
})
