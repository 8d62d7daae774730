import type { CoreClient } from '../../shared/contract/contract.ts'
import { type ProblemData, toProblem } from '../../shared/problems.ts'
import { toLines } from './print.ts'
import { exitCodes, type Result } from './result.ts'
import type { SyncNeeds } from './sync-command.ts'

export type Connection = {
  api: CoreClient
  /** False where no app runs and this command runs the core itself, for its own duration. */
  running: boolean
  /** Settles when the app that answers has gone; never where this command is the app. */
  ended: Promise<void>
  close: () => Promise<void>
}
export type AgentOptions = { ui: boolean; open: boolean; port: number; company: string | undefined }

type PolicyCheck = { path: string; set: string[]; problems: ProblemData[] }
/** What IT makes of a policy before it is rolled out. No app is needed for it. */
export type PolicyFiles = {
  /** Judges a draft of a policy file. */
  check: (path: string) => Promise<PolicyCheck>
  /** Writes a draft in the form of a management tool; `written` is null where something in it is wrong. */
  convert: (from: string, to: string) => Promise<PolicyCheck & { written: string | null }>
  /** Writes Group Policy’s templates; resolves to their paths. */
  templates: (folder: string) => Promise<string[]>
}

export type Needs = {
  connect: () => Promise<Connection>
  /** As `connect`, but where no app runs only the files of AI clients are opened: no network, no keychain. */
  connectFiles: () => Promise<Connection>
  /** Runs the core until it is told to end; resolves to the exit code. */
  runAgent: (options: AgentOptions) => Promise<number>
  /** Hands this process over to `causeway bridge <url>`; it ends it itself. */
  runBridge: () => Promise<void>
  policyFiles: PolicyFiles
  /** The project files of a team. */
  team: SyncNeeds
  out: (text: string) => void
  err: (text: string) => void
  /** Reads a secret from the person; stdin and the terminal when absent. */
  readSecret?: (question: string) => Promise<string>
  version: string
}

/** Connects, runs one command, prints its result as text or JSON, and never ends without closing. */
export function createSession<C extends { close: () => Promise<void> }>({
  connect,
  out,
  err,
}: Pick<Needs, 'out' | 'err'> & { connect: () => Promise<C> }) {
  return async function run(json: boolean, command: (connection: C) => Promise<Result>): Promise<number> {
    let connection: C | null = null
    try {
      connection = await connect()
      const result = await command(connection)
      out(json ? JSON.stringify(result.json, null, 2) : result.text)
      return result.code ?? exitCodes.done
    } catch (error) {
      return report(toProblem(error), error)
    } finally {
      await connection?.close()
    }

    function report(problem: ProblemData, error: unknown) {
      if (json) out(JSON.stringify({ error: problem }, null, 2))
      else err(toLines(problem))
      if (problem.code === 'internal' && error instanceof Error && !json) err(error.stack ?? error.message)
      return exitCodes.problem
    }
  }
}
