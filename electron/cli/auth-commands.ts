import type { AuthState } from '../../shared/contract/auth.ts'
import type { VaultState } from '../../shared/contract/vault.ts'
import { fromData, Problem } from '../../shared/problems.ts'
import { awaitState } from './await-state.ts'
import { toPlain } from './print.ts'
import type { Result } from './result.ts'
import type { Connection } from './session.ts'

type Say = (text: string) => void

/** Signs in through the browser and waits for the outcome. Ctrl-C gives the attempt up. */
export async function login(
  connection: Connection,
  say: Say,
  { device = false }: { device?: boolean } = {},
): Promise<Result> {
  const { api } = connection
  const before = await known(connection)
  if (before.state === 'signed-in') return { json: before, text: `Already signed in as ${before.account.name}.` }
  const giveUp = () => void api.auth.cancelSignIn().catch(() => {})
  process.once('SIGINT', giveUp)
  try {
    const begun = await (device ? api.auth.signInWithDevice() : api.auth.signIn())
    if (begun.state === 'signing-in' && begun.device) sayDevice(begun.device, say)
    else if (begun.state === 'signing-in') say(toInvitation(begun))
    return await toResult(connection, await when(connection, ({ state }) => state !== 'signing-in'))
  } finally {
    process.off('SIGINT', giveUp)
  }
}

/** A program that was started for the address need not have shown it: over SSH it opens elsewhere. */
const toInvitation = ({ browserOpened, loginUrl }: { browserOpened: boolean; loginUrl: string }) =>
  browserOpened
    ? `Waiting for the browser … If none opened, open this address:\n${loginUrl}`
    : `Open this address in a browser:\n${loginUrl}`

const when = ({ api, ended }: Connection, isDone: (state: AuthState) => boolean) =>
  awaitState({ snapshot: api.auth.snapshot, changed: api.auth.changed, ended }, isDone)

/** An app that has just started does not know yet who is signed in. */
const known = (connection: Connection) =>
  when(connection, (state) => !(state.state === 'signed-out' && state.problem?.code === 'auth.opening'))

/** The code to type, and a picture of the address with the code in it, for a phone's camera. */
function sayDevice({ userCode, verificationUrl, qr }: DeviceCode, say: Say) {
  say(
    `On another device, open ${toPlain(verificationUrl)} and type this code: ${toPlain(userCode)}\n\n${toPicture(qr)}`,
  )
}
type DeviceCode = { userCode: string; verificationUrl: string; qr: string[] }

/** Two rows to a line of half blocks, light on dark as a terminal mostly is, with the quiet border a camera needs. */
function toPicture(rows: string[]) {
  const border = '0'.repeat((rows[0]?.length ?? 0) + 4)
  const framed = [border, border, ...rows.map((row) => `00${row}00`), border, border]
  const line = (upper: string, lower: string) =>
    [...upper]
      .map(
        (dark, at) =>
          [
            ['█', '▀'],
            ['▄', ' '],
          ][Number(dark)]?.[Number(lower[at] ?? '0')],
      )
      .join('')
  return framed.flatMap((row, at) => (at % 2 === 0 ? [line(row, framed[at + 1] ?? border)] : [])).join('\n')
}

async function toResult({ api, running }: Connection, state: AuthState): Promise<Result> {
  if (state.state !== 'signed-in')
    throw 'problem' in state && state.problem ? fromData(state.problem) : new Problem('auth.signed-out')
  const groups = state.account.groups.join(', ') || 'no groups'
  const warning = state.kept === 'memory' ? `\n${toWarning(await api.vault.snapshot(), running)}` : ''
  return { json: state, text: `Signed in as ${state.account.name} (${groups}).${warning}` }
}

/** Why the sign-in is not kept, and how long it lasts. */
function toWarning({ problem }: VaultState, running: boolean) {
  const why = problem ? `: ${problem.title}` : ''
  return running
    ? `It ends with the app${why}. What helps: causeway vault`
    : `It ends with this command${why}. Run \`causeway agent\` first and keep it running, or see: causeway vault`
}

export async function logout(connection: Connection, { browser = false }: { browser?: boolean } = {}): Promise<Result> {
  const { api } = connection
  const before = await known(connection)
  const after = await (browser ? api.auth.signOutOfBrowser() : api.auth.signOut())
  // A vault that cannot be read still holds somebody’s sign-in: that is no “nobody”.
  if (!('account' in before) && after.state === 'signed-out' && after.problem) throw fromData(after.problem)
  const text =
    'account' in before ? `Signed out. ${before.account.name}’s tokens are deleted.` : 'Nobody was signed in.'
  return { json: after, text }
}
