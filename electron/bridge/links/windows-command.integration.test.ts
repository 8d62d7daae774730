import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { createWine, noWindows, toWindows } from '../native/wine.ts'
import { toWindowsStart } from './windows-command.ts'

vi.setConfig({ testTimeout: 120_000, hookTimeout: 600_000 })

const nasty: Record<string, string[]> = {
  'what servers are started with': ['-y', '@acme/notes-server@1.2.3', '--root', 'C:\\My Files\\', '--flag=x'],
  'nothing, and white space': ['', 'a b', ' ', '\t', 'a\tb'],
  'signs of cmd.exe': "& && | || < > ^ ^^ ( ) @ ! !PATH! * ? ~ ` ' = , ; # $".split(' '),
  quotes: ['"', '""', '"""', 'a"b', 'a""b', '" & echo "', '"&echo x>injected.txt&"', '\\"&echo x>injected.txt'],
  backslashes: ['\\', '\\\\', 'a\\', 'a b\\', 'a\\\\b', '\\"', '\\\\"', 'a\\"b\\', 'C:\\x y\\"\\'],
  'JSON and words of other shells': ['{"a":"b c","d":["<e>",{"f&g":"^"}]}', "it's", '$HOME', '$(id)', '--', '/c', '/?'],
  'other languages': ['größe', '日本語', '\u{1f600}', 'a\u2028b', '＂&calc'],
}

/** What the arguments become that are sent through the cmd.exe of Wine and a batch file, to the C runtime of a program. */
describe.skipIf(noWindows !== null)('arguments through cmd.exe and a batch file, under Wine', () => {
  let wine: Awaited<ReturnType<typeof createWine>>
  let folder = ''
  let tool = ''

  beforeAll(async () => {
    wine = await createWine()
    folder = join(wine.folder, 'a b (x86) & c^d')
    tool = join(folder, 'command-line.exe')
    mkdirSync(folder)
    wine.compile('command-line.c', tool, ['-municode'])
    // As the files of npm and of other makers look: everything goes on in `%*`.
    writeFileSync(join(folder, 'tell.cmd'), '@ECHO OFF\r\nSETLOCAL\r\n"%~dp0command-line.exe" tell %*\r\n')
    writeFileSync(join(folder, 'told.bat'), '@"%~dp0command-line.exe" tell first %* last\r\n')
  })
  afterAll(() => wine.close())

  const place = () => ({
    env: { Path: `C:\\windows;${toWindows(folder)}`, SystemRoot: 'C:\\windows' },
    here: 'C:\\',
    isFile: (path: string) =>
      path.startsWith('Z:') &&
      statSync(path.slice(2).replaceAll('\\', '/'), { throwIfNoEntry: false })?.isFile() === true,
  })
  /** As libuv does it: with `windowsVerbatimArguments` everything is joined by spaces as it is. */
  function run(command: string, args: string[]) {
    const start = toWindowsStart({ command, args }, place())
    expect(start.isVerbatim).toBe(true)
    const line = join(wine.folder, 'line.txt')
    writeFileSync(line, [start.file, ...start.args].join(' '))
    return wine.run(tool, ['start', toWindows(line)])
  }
  const told = (args: string[]) => args.map((arg) => `${arg.length}:${arg}\n`).join('')

  test.each([
    ['everything above', Object.values(nasty).flat()],
    ['what is long', ['x'.repeat(3000), 'y z'.repeat(500)]],
  ])('%s arrives as it is, and nothing else happens', (_what, args) => {
    const { stdout, status } = run('tell', args)
    expect(stdout).toBe(told(args))
    expect(status).toBe(7)
    expect(readdirSync(folder).sort()).toEqual(['command-line.exe', 'tell.cmd', 'told.bat'])
    expect(existsSync(join(wine.folder, 'injected.txt'))).toBe(false)
  })

  test('what a batch file says before and behind them stays where it is', () => {
    expect(run('told', ['a b', '"&c']).stdout).toBe(told(['first', 'a b', '"&c', 'last']))
  })
})
if (noWindows) process.stdout.write(`${noWindows}\n`)
