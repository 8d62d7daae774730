import type { Command } from 'commander'
import { exitCodes, type Result } from './result.ts'

type FileResult = { path: string; state: string; diff: string; conflicts: string[] }
export type SyncNeeds = {
  sync: (options: {
    folder: string
    check: boolean
    environment?: string | undefined
    overwrite: boolean
  }) => Promise<{ root: string; clean: boolean; files: FileResult[]; notes: string[] }>
  import: (options: { folder: string }) => Promise<{
    path: string
    added: { name: string; from: string }[]
    notes: string[]
  }>
}
type Flags = { check?: boolean; env?: string; overwrite?: boolean; import?: boolean }

/** `causeway sync`: a team's project files from its team file. It needs neither the app nor an account. */
export function addSync(
  program: Command,
  team: SyncNeeds,
  run: (json: boolean, work: () => Promise<Result>) => Promise<void>,
) {
  program
    .command('sync [folder]')
    .description('write a project’s client files from .agents/mcp/mcp-servers.json')
    .option('--check', 'write nothing; exit 1 and print the difference where there is one')
    .option('--env <name>', 'with what the team file says for this environment')
    .option('--overwrite', 'also replace entries that only share a name with one of the team file')
    .option('--import', 'take the servers of the project’s client files into the team file')
    .option('--json', 'print JSON')
    .action((folder: string | undefined, flags: Flags & { json?: boolean }) =>
      run(flags.json ?? false, () => work(team, folder ?? process.cwd(), flags)),
    )
}

async function work(team: SyncNeeds, folder: string, flags: Flags): Promise<Result> {
  if (flags.import) return importServers(team, folder)
  const { check = false, overwrite = false } = flags
  const result = await team.sync({ folder, check, overwrite, environment: flags.env })
  const lines = result.files.flatMap(({ path, state, diff, conflicts }) => [
    ...(check ? [diff] : [`${path}: ${state}`]),
    ...conflicts.map((name) => `${path}: ${name} is an entry of its own and stays as it is. --overwrite replaces it.`),
  ])
  const text = [...lines, ...result.notes].filter(Boolean).join('\n')
  const done = result.clean
    ? 'The project files are as the team file says.'
    : 'The project files differ from the team file.'
  return {
    json: result,
    text: check ? [text, done].filter(Boolean).join('\n') : text || 'The team file names no servers.',
    code: result.clean ? exitCodes.done : exitCodes.problem,
  }
}

async function importServers(team: SyncNeeds, folder: string): Promise<Result> {
  const result = await team.import({ folder })
  const added = result.added.map(({ name, from }) => `${name}: taken from ${from}`)
  const text = [...added, ...result.notes].join('\n') || 'No server was found that the team file does not have.'
  return { json: result, text: added.length > 0 ? `${text}\nWritten to ${result.path}` : text }
}
