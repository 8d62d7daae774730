import type { AuthState } from '../../shared/contract/auth.ts'
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
  const { api, running } = connection
  const before = await known(connection)
  if (before.state === 'signed-in') return { json: before, text: `Already signed in as ${before.account.name}.` }
  const giveUp = () => void api.auth.cancelSignIn().catch(() => {})
  process.once('SIGINT', giveUp)
  try {
    const begun = await (device ? api.auth.signInWithDevice() : api.auth.signIn())
    if (begun.state === 'signing-in' && begun.device) sayDevice(begun.device, say)
    else if (begun.state === 'signing-in')
      say(begun.browserOpened ? 'Waiting for the browser …' : `Open this address in a browser:\n${begun.loginUrl}`)
    return toResult(await when(connection, ({ state }) => state !== 'signing-in'), running)
  } finally {
    process.off('SIGINT', giveUp)
  }
}

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

function toResult(state: AuthState, running: boolean): Result {
  if (state.state !== 'signed-in')
    throw 'problem' in state && state.problem ? fromData(state.problem) : new Problem('auth.signed-out')
  const groups = state.account.groups.join(', ') || 'no groups'
  const kept = state.kept === 'memory' && !running
  const warning = kept
    ? '\nThere is no keychain here, so this sign-in ends with this command. Run `causeway agent` first and keep it running.'
    : ''
  return { json: state, text: `Signed in as ${state.account.name} (${groups}).${warning}` }
}

export async function logout(connection: Connection, { browser = false }: { browser?: boolean } = {}): Promise<Result> {
  const { api } = connection
  const before = await known(connection)
  const after = await (browser ? api.auth.signOutOfBrowser() : api.auth.signOut())
  const text =
    'account' in before ? `Signed out. ${before.account.name}’s tokens are deleted.` : 'Nobody was signed in.'
  return { json: after, text }
}
