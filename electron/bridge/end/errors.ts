import type { ProblemCode } from '../../../shared/problems.ts'

/**
 * What the bridge itself has to say. The words are those of shared/problems.ts, which this executable does not load
 * (it would bring a schema library into a process that starts in milliseconds); a test holds them together.
 */
export const endProblems = {
  'app.not-running': { title: 'The app is not running', remedy: 'restart-app' },
  'bridge.interrupted': { title: 'The connection was lost before the answer came', remedy: 'retry' },
  'bridge.version-mismatch': { title: 'The app and its bridge are of different versions', remedy: 'restart-app' },
} as const satisfies Partial<Record<ProblemCode, { title: string; remedy: string }>>

export function errorText(code: keyof typeof endProblems, detail: string): string {
  const { title, remedy } = endProblems[code]
  return JSON.stringify({ code: -32050, message: `${title}: ${detail}`, data: { code, remedy } })
}
