import { describe, expect, test } from 'vitest'
import { Problem } from '../../../shared/problems.ts'
import { findProgram, toWindowsStart } from './windows-command.ts'

const system = { Path: 'C:\\Windows;C:\\Program Files\\nodejs\\', SystemRoot: 'C:\\Windows' }
const npx = 'C:\\Program Files\\nodejs\\npx.cmd'

/** A Windows with these files. */
function place(files: string[], env: Record<string, string> = system) {
  const known = new Set(files.map((file) => file.toLowerCase()))
  return { env, here: 'C:\\here', isFile: (path: string) => known.has(path.toLowerCase()) }
}
const start = (
  args: string[],
  { command = 'npx', files = [npx], cwd }: { command?: string; files?: string[]; cwd?: string } = {},
) => toWindowsStart({ command, args, cwd }, place(files))
/** What was said of why it is not started. */
function refusal(work: () => unknown) {
  try {
    work()
  } catch (error) {
    if (error instanceof Problem) return { code: error.code, detail: error.detail }
    throw error
  }
  throw new Error('it was started')
}

describe('which program is meant', () => {
  const find = (
    command: string,
    files: string[],
    { env = system, cwd }: { env?: Record<string, string>; cwd?: string } = {},
  ) => findProgram({ command, args: [], cwd }, place(files, env))

  test('a name is looked for in each folder of PATH, with the endings of PATHEXT in their order', () => {
    expect(find('npx', [npx, 'C:\\Program Files\\nodejs\\npx'])).toBe(npx)
    expect(find('node', ['C:\\Windows\\node.bat', 'C:\\Program Files\\nodejs\\node.exe'])).toBe('C:\\Windows\\node.bat')
    expect(find('uvx', ['C:\\Windows\\uvx.cmd', 'C:\\Windows\\uvx.exe'])).toBe('C:\\Windows\\uvx.exe')
    const env = { ...system, PATHEXT: '.CMD;.EXE;.JS' }
    expect(find('uvx', ['C:\\Windows\\uvx.cmd', 'C:\\Windows\\uvx.exe'], { env })).toBe('C:\\Windows\\uvx.cmd')
    expect(find('run', ['C:\\Windows\\run.js'], { env })).toBeNull()
  })

  test('an ending that makes a program is taken as it stands, any other is part of the name', () => {
    expect(find('npx.cmd', [npx])).toBe(npx)
    expect(find('python3.12', ['C:\\Windows\\python3.12.exe'])).toBe('C:\\Windows\\python3.12.exe')
    expect(find('NPX.CMD', [npx])?.toLowerCase()).toBe(npx.toLowerCase())
  })

  test('a path is taken from the server’s folder, or from where this process is', () => {
    expect(find('.\\run', ['C:\\work\\run.bat'], { cwd: 'C:\\work' })).toBe('C:\\work\\run.bat')
    expect(find('bin/run.exe', ['C:\\here\\bin\\run.exe'])).toBe('C:\\here\\bin\\run.exe')
    expect(find('D:\\tools\\run', ['D:\\tools\\run.exe'])).toBe('D:\\tools\\run.exe')
  })

  test('what lies in the folder it is started in is not on the PATH, nor is a folder without a drive', () => {
    const files = ['C:\\here\\npx.cmd', 'C:\\work\\npx.cmd', 'C:\\here\\bin\\npx.cmd']
    expect(find('npx', files, { cwd: 'C:\\work', env: { ...system, Path: '.;bin;;C:\\Windows' } })).toBeNull()
  })

  test('a folder of PATH may stand in quotes', () => {
    expect(find('npx', [npx], { env: { PATH: '"C:\\Program Files\\nodejs"' } })).toBe(npx)
  })
})

test('a program is started as it is, with its arguments as they are', () => {
  const args = ['a b', '%PATH%', '"', 'line\nbreak', '&calc']
  const file = 'C:\\Windows\\uvx.exe'
  expect(start(args, { command: 'uvx', files: [file] })).toEqual({ file, args, isVerbatim: false })
})

test('a batch file is started by the cmd.exe of the system, without what it runs on its own, in one line', () => {
  expect(start(['-y', '@acme/notes-server@1.2.3', '--root', 'C:\\My Files\\'])).toEqual({
    file: 'C:\\Windows\\System32\\cmd.exe',
    args: ['/e:ON', '/v:OFF', '/d', '/s', '/c', `""${npx}" -y @acme/notes-server@1.2.3 --root "C:\\My Files\\\\""`],
    isVerbatim: true,
  })
})

// Also sent through cmd.exe itself, in windows-command.integration.test.ts.
test.each([
  ['', '""'],
  ['plain', 'plain'],
  ['a b', '"a b"'],
  ['&calc', '"&calc"'],
  ['"&calc&"', '"""&calc&"""'],
  ['{"a":"b c"}', '"{""a"":""b c""}"'],
  ['^|<>()', '"^|<>()"'],
  ['!TEMP!', '"!TEMP!"'],
  ['a\\', '"a\\\\"'],
  ['a\\\\"b', '"a\\\\\\\\""b"'],
  ['C:\\x\\y', 'C:\\x\\y'],
  ['a,b;c=d', '"a,b;c=d"'],
  ['\t', '"\t"'],
  ['größe', '"größe"'],
])('the argument %j is passed to a batch file as %s', (arg, quoted) => {
  expect(start([arg]).args.at(-1)).toBe(`""${npx}" ${quoted}"`)
})

test.each([
  ['a line break', ['a', 'b\nnet user'], 'argument 2 holds a line break'],
  ['a carriage return', ['\r'], 'argument 1 holds a line break'],
  ['a NUL', ['\0'], 'argument 1 holds a control character'],
  ['the end of a file', ['\u001a'], 'argument 1 holds a control character'],
  ['a variable', ['%PATH%'], 'argument 1 holds a percent sign'],
  ['a percent sign', ['https://x.example/a%20b'], 'argument 1 holds a percent sign'],
  ['more than cmd.exe takes', ['x'.repeat(8000)], 'its arguments are too long'],
  ['nothing but backslashes', ['\\'.repeat(5000)], 'its arguments are too long'],
])('%s is refused, with what to do', (_name, args, words) => {
  const { code, detail } = refusal(() => start(args))
  expect(code).toBe('bridge.argument-unsafe')
  expect(detail).toContain(words)
  expect(detail).toMatch(
    /^npx is a batch file, and .*: give it in the environment, or name the program behind the file$/,
  )
  expect(detail).not.toContain('net user')
})

test('a batch file whose path would be read as something else, or in a network folder, is refused', () => {
  const odd = 'C:\\100%PATH%\\run.cmd'
  expect(refusal(() => start([], { command: odd, files: [odd] })).detail).toContain('its path holds a percent sign')
  const far = refusal(() => start([], { cwd: '\\\\server\\share' }))
  expect(far).toMatchObject({ code: 'bridge.argument-unsafe', detail: expect.stringContaining('network folder') })
})

test('what is not there, and what is there but is no program, are told apart', () => {
  expect(refusal(() => start([], { files: [] }))).toEqual({
    code: 'bridge.process-failed',
    detail: 'npx was not found',
  })
  const script = refusal(() => start([], { command: '.\\server.py', files: ['C:\\work\\server.py'], cwd: 'C:\\work' }))
  expect(script.code).toBe('bridge.process-failed')
  expect(script.detail).toContain('name what runs it, such as python')
})
