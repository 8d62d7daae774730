import { execFile } from 'node:child_process'
import { closeSync, openSync, readSync } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { posix } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** One that runs, by a name it goes under (on macOS: a path); the same one can be there under several. */
export type Process = { pid: number; name: string }

/**
 * What this person runs on this machine: another’s Claude, on a shared computer, has its own files. None where that
 * cannot be told: nothing is built on it.
 */
export async function readProcesses(platform: NodeJS.Platform = process.platform): Promise<Process[]> {
  try {
    if (platform === 'linux') return await readProc('/proc')
    const windows = platform === 'win32'
    const { stdout } = windows
      ? await run(`${process.env.SystemRoot ?? 'C:\\Windows'}\\System32\\tasklist.exe`, ['/fo', 'csv', '/nh'])
      : await run('/bin/ps', ['-xo', 'pid=,comm='])
    return windows ? parseTasklist(stdout, process.pid) : parsePs(stdout)
  } catch {
    return []
  }
}

/** `  501 /Applications/Claude.app/Contents/MacOS/Claude`; without `-a` these are the person’s own. */
export const parsePs = (text: string): Process[] =>
  [...text.matchAll(/^\s*(\d+)\s+(.+)$/gm)].map(([, pid, name = '']) => ({ pid: Number(pid), name: name.trim() }))

/**
 * `"Claude.exe","1234","Console","1",…`: name, id, kind and number of the session. Those of the session that `own`
 * belongs to count; a program that runs as a service has none of a person, so all of them do.
 */
export function parseTasklist(text: string, own: number): Process[] {
  const rows = [...text.matchAll(/^"([^"]+)","(\d+)","([^"]*)","(\d+)"/gm)]
  const mine = rows.find(([, , pid]) => Number(pid) === own)
  const session = mine && mine[3] !== 'Services' ? mine[4] : undefined
  return rows
    .filter((row) => session === undefined || row[4] === session)
    .map(([, name = '', pid]) => ({ pid: Number(pid), name }))
}

/** One file after the other into one small buffer: `readFile` takes 64 kB for each of the thousand files at once. */
async function readProc(folder: string) {
  const buffer = Buffer.alloc(4096)
  const found: Process[] = []
  const ids = (await readdir(folder)).filter((name) => /^\d+$/.test(name))
  for (const id of ids) found.push(...(await readOne(posix.join(folder, id), Number(id), buffer)))
  return found
}

async function readOne(folder: string, pid: number, buffer: Buffer): Promise<Process[]> {
  const owner = await stat(folder).catch(() => null) // it may have ended by now
  if (owner?.uid !== process.getuid?.()) return []
  return [...new Set(readNames(folder, buffer))].map((name) => ({ pid, name }))
}

/** A process by its own name and by its command line: `comm` is cut at 15 characters and says `node` for a script. */
function readNames(folder: string, buffer: Buffer) {
  const comm = readStart(posix.join(folder, 'comm'), buffer)
  const [program = '', script = ''] = readStart(posix.join(folder, 'cmdline'), buffer).split('\0')
  const interpreted = /^(node|bun|python3?)$/.test(posix.basename(program))
  return [comm.trim(), posix.basename(program), ...(interpreted ? [posix.basename(script)] : [])].filter(Boolean)
}

function readStart(path: string, buffer: Buffer): string {
  let file: number
  try {
    file = openSync(path, 'r')
  } catch {
    return ''
  }
  try {
    return buffer.toString('utf8', 0, readSync(file, buffer))
  } catch {
    return ''
  } finally {
    closeSync(file)
  }
}

/** Whether it runs still; cheap enough to be asked several times a second. One of somebody else’s counts as running. */
export function isAlive(pid: number) {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
