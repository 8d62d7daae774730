import { execFile } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { posix } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** Names (on macOS: paths) of what runs on this machine. None where that cannot be told: nothing is built on it. */
export async function readProcesses(platform: NodeJS.Platform = process.platform): Promise<string[]> {
  try {
    if (platform === 'linux') return await readProc('/proc')
    const windows = platform === 'win32'
    const { stdout } = windows
      ? await run(`${process.env.SystemRoot ?? 'C:\\Windows'}\\System32\\tasklist.exe`, ['/fo', 'csv', '/nh'])
      : await run('/bin/ps', ['-axo', 'comm='])
    return windows ? parseTasklist(stdout) : stdout.split('\n').filter(Boolean)
  } catch {
    return []
  }
}

/** `"Claude.exe","1234","Console",…`: the name is the first field. */
export const parseTasklist = (text: string) => [...text.matchAll(/^"([^"]+)"/gm)].map((match) => match[1] ?? '')

async function readProc(folder: string) {
  const ids = (await readdir(folder)).filter((name) => /^\d+$/.test(name))
  const names = await Promise.all(ids.map((id) => readNames(posix.join(folder, id))))
  return [...new Set(names.flat())]
}

/** A process by its own name and by its command line: `comm` is cut at 15 characters and says `node` for a script. */
async function readNames(folder: string) {
  const read = (name: string) => readFile(posix.join(folder, name), 'utf8').catch(() => '') // it may have ended by now
  const [comm, line] = await Promise.all([read('comm'), read('cmdline')])
  const [program = '', script = ''] = line.split('\0')
  const interpreted = /^(node|bun|python3?)$/.test(posix.basename(program))
  return [comm.trim(), posix.basename(program), ...(interpreted ? [posix.basename(script)] : [])].filter(Boolean)
}
