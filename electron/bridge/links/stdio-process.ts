import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { statSync } from 'node:fs'
import type { Readable } from 'node:stream'
import { Problem } from '../../../shared/problems.ts'
import type { Endpoint } from '../../../shared/server-config.ts'
import type { Log } from '../../lib/log.ts'
import { type Start, toWindowsStart } from './windows-command.ts'

type StdioEndpoint = Extract<Endpoint, { transport: 'stdio' }>
type Environment = Record<string, string | undefined>

const isWindows = process.platform === 'win32'

// What a program needs to find itself and others; everything else must be configured, so that no secret of this
// process's surroundings reaches a server by accident.
const inherited = [
  ['PATH', 'HOME', 'USER', 'LOGNAME', 'SHELL', 'LANG', 'LC_ALL', 'LC_CTYPE', 'TZ', 'TMPDIR', 'TERM'],
  ['XDG_CONFIG_HOME', 'XDG_CACHE_HOME', 'XDG_DATA_HOME', 'XDG_RUNTIME_DIR'],
  ['APPDATA', 'LOCALAPPDATA', 'USERPROFILE', 'USERNAME', 'HOMEDRIVE', 'HOMEPATH', 'SYSTEMROOT', 'SYSTEMDRIVE'],
  ['PROGRAMFILES', 'PROGRAMDATA', 'TEMP', 'TMP', 'PATHEXT', 'COMSPEC', 'NUMBER_OF_PROCESSORS'],
].flat()

function toEnvironment(source: Environment, configured: Record<string, string>): Record<string, string> {
  const base: Record<string, string> = {}
  for (const [name, value] of Object.entries(source)) {
    // A shell function in a variable (bash's "() {") is code, not a value.
    if (value !== undefined && inherited.includes(name.toUpperCase()) && !value.startsWith('()')) base[name] = value
  }
  if (isWindows) for (const name of Object.keys(base)) if (isAmong(configured, name)) delete base[name]
  return { ...base, ...configured }
}
/** On Windows a name is the same in any case, and of two spellings the wrong one may win. */
const isAmong = (configured: Record<string, string>, name: string) =>
  Object.keys(configured).some((each) => each.toUpperCase() === name.toUpperCase())

const lastWordsMs = 250
const linesPerMinute = 200

/** Hands stderr to the log line by line: capped in length and in number, so a chatty server cannot fill the disk. */
function logErrors(child: ChildProcessWithoutNullStreams, log: Log) {
  let rest = ''
  let windowAt = 0
  let lines = 0
  child.stderr.setEncoding('utf8')
  child.stderr.on('data', (text: string) => {
    const parts = (rest + text).split(/\r\n|\n|\r/)
    rest = (parts.pop() ?? '').slice(-4096)
    for (const line of parts) {
      const now = performance.now()
      if (now - windowAt > 60_000) {
        windowAt = now
        lines = 0
      }
      lines += 1
      if (lines <= linesPerMinute) log.info('process.said', { line: line.slice(0, 1000) })
      else if (lines === linesPerMinute + 1) log.warn('process.too-chatty', { linesPerMinute })
    }
  })
}

/** A local server, running. It and everything it started are ended together. */
export type LocalServer = {
  stdout: Readable
  write: (line: Buffer) => void
  /** Bytes it has not taken yet. */
  waitingBytes: () => number
  /** Resolves when it is gone, with how. */
  exited: Promise<string>
  stop: (limitMs: number) => Promise<void>
}

const isFile = (path: string) => statSync(path, { throwIfNoEntry: false })?.isFile() === true

/** What to start and how. Only Windows needs thought: `npx` and `uvx` may be batch files there. */
function toStart({ command, args, cwd }: StdioEndpoint, env: Record<string, string>): Start {
  if (!isWindows) return { file: command, args, isVerbatim: false }
  return toWindowsStart({ command, args, cwd }, { env, here: process.cwd(), isFile })
}

/** Starts a local server. No argument is ever read as a command. Rejects when it cannot be started. */
export async function startLocalServer(
  endpoint: StdioEndpoint,
  environment: Environment,
  log: Log,
): Promise<LocalServer> {
  const { cwd } = endpoint
  const env = toEnvironment(environment, endpoint.env)
  const { file, args, isVerbatim } = toStart(endpoint, env)
  const child = spawn(file, args, {
    env,
    windowsVerbatimArguments: isVerbatim,
    ...(cwd === undefined ? {} : { cwd }),
    shell: false,
    // Its own group, so that what it started (npx starts node) can be ended with it.
    detached: !isWindows,
    windowsHide: true,
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  const exited = new Promise<string>((resolve) => {
    child.on('exit', async (code, signal) => {
      // What it said last may still be on its way; whatever it started may hold the pipe open for ever.
      await Promise.race([new Promise((ended) => void child.stdout.once('close', ended)), later(lastWordsMs)])
      resolve(signal === null ? `exit code ${code}` : `signal ${signal}`)
    })
    child.on('error', () => resolve('it could not be started'))
  })
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve)
    child.once('error', (error) => reject(toStartProblem(error, endpoint)))
  })
  // A pipe breaks when the other end goes; `exited` tells of that.
  child.stdin.on('error', () => {})
  child.stdout.on('error', () => {})
  logErrors(child, log)

  function signal(name: 'SIGTERM' | 'SIGKILL') {
    if (child.pid === undefined) return
    if (isWindows) {
      spawn('taskkill', ['/pid', String(child.pid), '/T', '/F'], { windowsHide: true, stdio: 'ignore' }).on(
        'error',
        () => {},
      )
      return
    }
    try {
      process.kill(-child.pid, name)
    } catch {
      // The group is gone already.
    }
  }

  /** By the rules of the protocol: end of input, then SIGTERM, then SIGKILL; and the group even if its leader is gone. */
  async function stop(limitMs: number) {
    child.stdin.end()
    const isGone = (ms: number) => Promise.race([exited.then(() => true), later(ms)])
    if (!(await isGone(limitMs / 2))) {
      signal('SIGTERM')
      await isGone(limitMs / 4)
    }
    signal('SIGKILL')
    await isGone(limitMs / 4)
    child.stdout.destroy()
    child.stderr.destroy()
  }

  const write = (line: Buffer) => {
    child.stdin.cork()
    child.stdin.write(line)
    child.stdin.write('\n')
    child.stdin.uncork()
  }
  return { stdout: child.stdout, write, waitingBytes: () => child.stdin.writableLength, exited, stop }
}

const later = (ms: number) => new Promise<false>((resolve) => setTimeout(() => resolve(false), ms).unref())

function toStartProblem(error: NodeJS.ErrnoException, { command, cwd }: StdioEndpoint): Problem {
  const where = cwd === undefined ? '' : ` in ${cwd}`
  const why =
    error.code === 'ENOENT'
      ? `${command} was not found${where}`
      : `${command} cannot be started${where} (${error.code})`
  return new Problem('bridge.process-failed', why, { cause: error })
}
