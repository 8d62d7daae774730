import type { Command } from 'commander'
import * as commands from './connection-commands.ts'
import type { Result } from './result.ts'
import { readSecret } from './secret-input.ts'
import type { Connection, Needs } from './session.ts'

type Add = (
  parent: Command,
  usage: string,
  about: string,
  run: (connection: Connection, ...given: never[]) => Promise<Result>,
) => Command

/** `causeway connections` and `causeway vault`: what is signed in where, and what seals it. */
export function addConnections(program: Command, add: Add, { err, readSecret: read = readSecret }: Needs) {
  const given = { say: err, readSecret: read }
  const group = program.command('connections').description('every sign-in and key, and where each stands')
  add(group, 'list', 'all of them; exit code 3 where one waits for you', commands.list)
  add(
    group,
    'connect <connection>',
    'sign in, in the browser where it must be (“sso” is the company’s)',
    (connection, id: string, options: { yes?: string }) => commands.connect(connection, id, options, given),
  ).option('--yes <issuer>', 'agree to this sign-in, which the company has not named')
  add(group, 'disconnect <connection>', 'delete it here and end it there', (connection, id: string) =>
    commands.disconnect(connection, id),
  )
  add(group, 'set-key <server>', 'save a key, read from stdin or typed unseen', (connection, id: string) =>
    commands.setKey(connection, id, given),
  )
  add(group, 'renew', 'renew all that can be renewed without you', commands.renew)

  const vault = program.command('vault').description('where your sign-ins are kept')
  add(vault, 'list', 'its state; exit code 3 where it waits for you', commands.vaultState)
  add(vault, 'retry', 'ask the keychain again, once you have unlocked it', commands.retryVault)
  add(vault, 'start-afresh', 'begin an empty one; what cannot be read is kept aside', commands.startVaultAfresh)
  add(vault, 'unlock', 'open it with your passphrase, from stdin or typed unseen', (connection) =>
    commands.unlock(connection, given),
  )
  add(vault, 'set-passphrase', 'seal it with a passphrase, where there is no keychain', (connection) =>
    commands.choosePassphrase(connection, given),
  )
}
