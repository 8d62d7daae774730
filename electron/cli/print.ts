import type { ProblemData, Remedy } from '../../shared/problems.ts'

/** What to type for a remedy that is a button in the window. */
const advice: Partial<Record<Remedy, string>> = {
  'sign-in': 'Run: causeway login',
  retry: 'Try again in a moment.',
  'set-company': 'Run: causeway company <address>',
  'unlock-keychain': 'Unlock the keychain, then run: causeway vault retry',
  'restart-app': 'Start the app, or run: causeway agent --ui',
  'open-servers': 'Run: causeway servers',
  'open-apps': 'Run: causeway apps',
  'open-file': 'Open the file, correct it, and try again.',
  'ask-it': 'Ask your IT department.',
  connect: 'Run: causeway connections connect <server>',
  'enter-key': 'Run: causeway connections set-key <server>',
  'enter-passphrase': 'Run: causeway vault unlock',
  repair: 'Run: causeway apps apply <app>',
}

/** The same title and detail as in the window, with the command in place of the button. */
export function toLines(problem: ProblemData): string {
  const help = advice[problem.remedy]
  return [
    `${problem.title}${problem.detail ? `: ${problem.detail}` : ''} [${problem.code}]`,
    ...(help ? [help] : []),
  ].join('\n')
}

/** Columns by their widest cell, two blanks apart; control characters of remote text are made visible. */
export function toTable(head: string[], rows: string[][]): string {
  const cells = [head.map((title) => title.toUpperCase()), ...rows].map((row) => row.map(toPlain))
  const widths = head.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)))
  return cells
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

/** Escape sequences and line breaks in a tool's name must not reach a terminal. */
export const toPlain = (text: string) => text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, '\ufffd')
