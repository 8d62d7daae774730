import { Problem } from '../../../shared/problems.ts'

type Command = { command: string; args: string[]; cwd?: string | undefined }

// cmd.exe takes 8191 characters, also of the line in the file that says its own words around these.
const longestLine = 7500

/** Why it cannot be passed to a batch file in one piece and unchanged, whatever is put around it; null where it can. */
function whyUnsafe(text: string): string | null {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
  const control = /[\u0000-\u0008\u000a-\u001f\u007f]/.exec(text)
  if (control) return /[\r\n]/.test(control[0]) ? 'a line break' : 'a control character'
  // Variables are put in before quotes are looked at, and once more by each `call` in the file.
  return text.includes('%') ? 'a percent sign' : null
}

/**
 * One argument. Between quotes cmd.exe takes everything but `%` for itself; a quote inside is doubled, so that for
 * cmd.exe the text never leaves its quotes, and the C runtime makes one of the two. A backslash before it would be taken
 * for its escape, and is doubled.
 */
function quote(text: string): string {
  // Files compare what they are given ("%1"=="-y"), so what needs no quotes has none.
  if (/^[\w#$*+\-./:?@\\]*[\w#$*+\-./:?@]$/.test(text)) return text
  return `"${text.replace(/(\\*)("|$)/g, (_, slashes: string, mark: string) => slashes + slashes + mark + mark)}"`
}

/** What cmd.exe is given to start a batch file. Refuses, by a problem, what would not arrive as it is. */
export function toBatchLine(path: string, { command, args, cwd }: Command): string {
  const refuse = (what: string) => {
    throw new Problem(
      'bridge.argument-unsafe',
      `${command} is a batch file, and ${what}: give it in the environment, or name the program behind the file`,
    )
  }
  const inPath = whyUnsafe(path)
  if (inPath) refuse(`its path holds ${inPath}`)
  for (const [at, text] of args.entries()) {
    const why = whyUnsafe(text)
    if (why) refuse(`argument ${at + 1} holds ${why}`)
  }
  if (cwd !== undefined && /^[\\/]{2}/.test(cwd)) refuse('cmd.exe runs in no network folder')
  const length = [path, ...args].join(' ').length
  const line = length > longestLine ? '' : [`"${path}"`, ...args.map(quote)].join(' ')
  if (length > longestLine || line.length > longestLine) refuse(`its arguments are too long (${length} characters)`)
  return line
}
