import { win32 } from 'node:path'
import { Problem } from '../../../shared/problems.ts'
import { toBatchLine } from './windows-batch.ts'

type Command = { command: string; args: string[]; cwd?: string | undefined }
type Place = {
  /** What the program will find around it; its PATH is the one that is searched. */
  env: Record<string, string>
  /** The folder of this process. */
  here: string
  isFile: (path: string) => boolean
}
/** What to hand to `spawn`. `isVerbatim`: the arguments are quoted already, for a program with rules of its own. */
export type Start = { file: string; args: string[]; isVerbatim: boolean }

const startable = ['.com', '.exe', '.bat', '.cmd']
const isBatch = (path: string) => /\.(?:bat|cmd)$/i.test(path)

/** Names of variables are the same in any case there. */
function variable(env: Record<string, string>, name: string): string {
  const found = Object.keys(env).find((key) => key.toUpperCase() === name)
  return found === undefined ? '' : (env[found] ?? '')
}

/** The endings that make a file a program, in the order in which this computer tries them. */
function endings(env: Record<string, string>): string[] {
  const chosen = variable(env, 'PATHEXT').toLowerCase().split(';')
  const known = chosen.map((ending) => ending.trim()).filter((ending) => startable.includes(ending))
  return known.length > 0 ? known : startable
}

/**
 * The program as a prompt would find it, but never in the folder it happens to be started in: what lies there may be
 * anybody’s.
 */
export function findProgram({ command, cwd }: Command, { env, here, isFile }: Place): string | null {
  const ending = win32.extname(command).toLowerCase()
  const names = startable.includes(ending) ? [command] : endings(env).map((each) => command + each)
  const isPath = /[\\/:]/.test(command)
  const folders = isPath
    ? [cwd ?? here]
    : variable(env, 'PATH')
        .split(';')
        .map((folder) => folder.trim().replace(/^"(.*)"$/, '$1'))
        .filter((folder) => win32.isAbsolute(folder))
  const paths = folders.flatMap((folder) => names.map((name) => win32.resolve(folder, name)))
  return paths.find(isFile) ?? null
}

/**
 * How a local server is started on Windows. A program is started as it is. A batch file (`npx.cmd`) needs cmd.exe,
 * which reads its arguments as commands: they are quoted for it, and refused where no quoting is sure to hold.
 */
export function toWindowsStart(asked: Command, place: Place): Start {
  const path = findProgram(asked, place)
  if (path === null) throw new Problem('bridge.process-failed', whyNotFound(asked, place))
  if (!isBatch(path)) return { file: path, args: asked.args, isVerbatim: false }
  const line = toBatchLine(path, asked)
  // The system’s own and not %ComSpec%: that may be a shell with other rules.
  const file = win32.join(variable(place.env, 'SYSTEMROOT') || 'C:\\Windows', 'System32', 'cmd.exe')
  return { file, args: ['/e:ON', '/v:OFF', '/d', '/s', '/c', `"${line}"`], isVerbatim: true }
}

function whyNotFound({ command, cwd }: Command, { here, isFile }: Place) {
  const isThere = /[\\/:]/.test(command) && isFile(win32.resolve(cwd ?? here, command))
  if (isThere) return `${command} is no program of Windows (.exe, .com, .cmd, .bat): name what runs it, such as python`
  return `${command} was not found${cwd === undefined ? '' : ` in ${cwd}`}`
}
