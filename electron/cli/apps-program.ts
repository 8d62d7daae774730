import type { Command } from 'commander'
import * as apps from './apps-commands.ts'
import { verify } from './apps-verify.ts'
import type { Result } from './result.ts'
import type { Connection } from './session.ts'

type Run = (connection: Connection, ...given: never[]) => Promise<Result>
/** `filesOnly` says when a command needs neither the app nor the network nor the keychain. */
type Add = (
  parent: Command,
  usage: string,
  about: string,
  run: Run,
  filesOnly?: (options: { all?: boolean }) => boolean,
) => Command
type Flags = { all?: boolean; overwrite?: boolean; now?: boolean; show?: string }

const toOptions = ({ overwrite = false, now = false }: Flags) => ({ overwrite, now })

const overwriteFlag = ['--overwrite', 'also replace entries that somebody edited, or that only share our name'] as const

const nowFlag = ['--now', 'also while the app runs and may undo it, instead of when it has quit'] as const

/** `causeway apps …`: the AI clients of this machine. */
export function addApps(program: Command, add: Add) {
  const group = program.command('apps').description('the AI clients on this machine')
  // `causeway apps` alone lists, as `causeway servers` does.
  add(group, 'list', 'which are there and which are set up', (connection, options: Flags) =>
    apps.list(connection, { all: options.all ?? false }),
  )
    .option('--all', 'also the ones that are not installed')
    // As the default it is given every word that is no command.
    .allowExcessArguments()
    .hook('preAction', (command) => {
      const [word] = command.args
      if (word !== undefined) command.error(`error: unknown command '${word}' (causeway apps --help lists them)`)
    })
  add(group, 'preview <app>', 'the exact change, without making it', (connection, app: string, options: Flags) =>
    apps.preview(connection, app, { overwrite: options.overwrite ?? false }),
  ).option(...overwriteFlag)
  add(group, 'apply [app]', 'make the change', (connection, app: string | undefined, options: Flags) =>
    apps.apply(connection, app, { ...toOptions(options), all: options.all ?? false }),
  )
    .option('--all', 'for every app that is installed')
    .option(...overwriteFlag)
    .option(...nowFlag)
    .hook('preAction', needsOne)
  add(group, 'undo <app>', 'take our entries out again', (connection, app: string, options: Flags) =>
    apps.undo(connection, app, toOptions(options)),
  ).option(...nowFlag)
  add(group, 'repair [app]', 'put lost entries back, in one app or in all', (connection, app, options: Flags) =>
    apps.repair(connection, app, toOptions(options)),
  )
    .option(...overwriteFlag)
    .option(...nowFlag)
  add(group, 'backups <app>', 'copies made before each change', (connection, app: string, options: Flags) =>
    apps.backups(connection, app, options),
  ).option('--show <copy>', 'how the file would differ if this copy came back')
  add(group, 'verify [app]', 'start what stands in the file, and ask it for its tools', (connection, app) =>
    verify(connection, app),
  )
  addRestore(group, add)
}

/** With `--all` it is what an uninstaller runs; with an app and a copy, one step back. */
function addRestore(group: Command, add: Add) {
  const run = (connection: Connection, app = '', copy = '', options: Flags = {}) =>
    options.all ? apps.restoreAll(connection) : apps.restore(connection, app, copy, toOptions(options))
  add(
    group,
    'restore [app] [copy]',
    'put one copy of a file back, or give every file back',
    run,
    ({ all = false }) => all,
  )
    .option('--all', 'every file as it was; for uninstallers, also without a running app')
    .option(...nowFlag)
    .hook('preAction', (command) => {
      if (command.args.length !== (command.opts<Flags>().all ? 0 : 2))
        command.error('error: name an app and a copy (causeway apps backups <app>), or say --all')
    })
}

function needsOne(command: Command) {
  const all = command.opts<Flags>().all ?? false
  if (all === command.args.length > 0) command.error('error: name an app, or say --all')
}
