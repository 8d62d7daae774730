import type { Command } from 'commander'
import { checkPolicy, convertPolicy, showPolicy, writePolicyTemplates } from './policy-command.ts'
import type { Result } from './result.ts'
import type { Connection, PolicyFiles } from './session.ts'

type Add = (parent: Command, usage: string, about: string, run: (connection: Connection) => Promise<Result>) => Command
type Options = { json?: boolean }

/** `causeway policy`: what IT decides, and what IT writes it down with. All but `show` needs no app. */
export function addPolicy(
  program: Command,
  add: Add,
  files: PolicyFiles,
  aside: (json: boolean, work: () => Promise<Result>) => Promise<void>,
) {
  const group = program.command('policy').description('what IT decides on this computer')
  add(group, 'show', 'every key, its value, and who said so; exit code 5 where something is wrong', showPolicy)
  const addAside = (usage: string, about: string) =>
    group.command(usage).description(about).option('--json', 'print JSON')
  addAside(
    'check <file>',
    'judge a policy.json before it is rolled out; exit code 1 where something in it is wrong',
  ).action((file: string, { json = false }: Options) => aside(json, () => checkPolicy(files, file)))
  addAside(
    'convert <file> <new-file>',
    'write a policy.json as .mobileconfig for macOS or .reg for Windows; exit code 1 and no file where something is wrong',
  ).action((from: string, to: string, { json = false }: Options) => aside(json, () => convertPolicy(files, from, to)))
  addAside('templates <folder>', 'write the templates of Group Policy and Intune (.admx, .adml)').action(
    (folder: string, { json = false }: Options) => aside(json, () => writePolicyTemplates(files, folder)),
  )
}
