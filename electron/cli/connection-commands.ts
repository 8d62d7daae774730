import { ConnectionId, type Connection as Joined } from '../../shared/contract/connections.ts'
import type { VaultState } from '../../shared/contract/vault.ts'
import { fromData, Problem } from '../../shared/problems.ts'
import { awaitState } from './await-state.ts'
import { toLines, toPlain, toTable } from './print.ts'
import { exitCodes, type Result } from './result.ts'
import type { Connection } from './session.ts'

type Say = (text: string) => void
type Given = { say: Say; readSecret: (question: string) => Promise<string> }

const waiting = new Set<Joined['state']>(['needs-you', 'expired', 'asks'])

function toId(text: string): ConnectionId {
  const parsed = ConnectionId.safeParse(text === 'sso' ? '@sso' : text)
  if (!parsed.success) throw new Problem('auth.unknown-connection', text)
  return parsed.data
}

/** Exit code 3 where something waits for the person, as `status` has it. */
export async function list({ api }: Connection): Promise<Result> {
  return toResult(await api.connections.snapshot())
}

function toResult(all: Joined[]): Result {
  const rows = all.map(({ id, kind, state, account, issuer, expiresAt }) => [
    id,
    kind,
    state,
    account ?? '',
    issuer ?? '',
    expiresAt ?? '',
  ])
  const table = toTable(['connection', 'kind', 'state', 'account', 'issuer', 'token until'], rows)
  const problems = all.flatMap(({ name, problem }) => (problem ? [`\n${toPlain(name)}: ${toLines(problem)}`] : []))
  const isWaiting = ({ state, problem }: Joined) => waiting.has(state) || (state === 'none' && problem !== null)
  const code = all.some(isWaiting) ? exitCodes.needsYou : exitCodes.done
  return {
    json: { connections: all },
    text: rows.length > 0 ? [table, ...problems].join('\n') : 'No connections.',
    code,
  }
}

/** Opens the browser and waits for the outcome. `yes` agrees to a sign-in the company has not named. */
export async function connect(connection: Connection, given: string, { yes }: { yes?: string }, { say }: Given) {
  const { api } = connection
  const id = toId(given)
  const giveUp = () => void api.connections.cancel({ id }).catch(() => {})
  process.once('SIGINT', giveUp)
  try {
    const begun = await api.connections.connect(yes === undefined ? { id } : { id, issuer: yes })
    if (begun.state === 'asks') return toQuestion(begun)
    if (begun.state !== 'connecting') return toOutcome(begun)
    say('Waiting for the browser …')
    if (begun.loginUrl) say(`If none opened, open this address:\n${begun.loginUrl}`)
    return toOutcome(await outcome(connection, id))
  } finally {
    process.off('SIGINT', giveUp)
  }
}

/** Nothing was asked there yet, and nothing is before the person says which one they agree to. */
async function toQuestion(joined: Joined): Promise<Result> {
  const { id, name, asks } = joined
  const { issuer = '', host = '', unicodeHost = '' } = asks ?? {}
  const lines = [
    `${toPlain(name)} wants a sign-in at ${toPlain(host)}, which your company has not named.`,
    ...(host === unicodeHost ? [] : [`It reads as ${toPlain(unicodeHost)}: look twice.`]),
    `If you know whose it is: causeway connections connect ${id} --yes ${toPlain(issuer)}`,
  ]
  return { json: joined, text: lines.join('\n'), code: exitCodes.needsYou }
}

async function outcome({ api, ended }: Connection, id: ConnectionId): Promise<Joined> {
  const { snapshot, changed } = api.connections
  const all = await awaitState({ snapshot, changed, ended }, (list) =>
    list.every((one) => one.id !== id || one.state !== 'connecting'),
  )
  const found = all.find((one) => one.id === id)
  if (!found) throw new Problem('auth.unknown-connection', id)
  return found
}

function toOutcome(joined: Joined): Result {
  if (joined.state !== 'ok') throw joined.problem ? fromData(joined.problem) : new Problem('auth.cancelled')
  const as = joined.account ? ` as ${toPlain(joined.account)}` : ''
  return { json: joined, text: `Connected to ${toPlain(joined.name)}${as}.` }
}

export async function disconnect({ api }: Connection, given: string): Promise<Result> {
  const joined = await api.connections.disconnect({ id: toId(given) })
  return { json: joined, text: `Disconnected from ${toPlain(joined.name)}.` }
}

export async function setKey({ api }: Connection, given: string, { readSecret }: Given): Promise<Result> {
  const id = toId(given)
  const key = await readSecret(`Key for ${id}`)
  if (key === '') throw new Problem('auth.api-key-invalid', 'nothing was given')
  const joined = await api.connections.setKey({ id, key })
  return { json: joined, text: `The key for ${toPlain(joined.name)} is saved.` }
}

export async function renew({ api }: Connection): Promise<Result> {
  return toResult(await api.connections.renewAll())
}

export async function unlock({ api }: Connection, { readSecret }: Given): Promise<Result> {
  const vault = await api.vault.unlock({ passphrase: await readSecret('Passphrase') })
  return { json: vault, text: 'Unlocked.' }
}

/** A pipe gives it once; at a terminal a slip of the finger would cost every secret. */
export async function choosePassphrase({ api }: Connection, { readSecret }: Given): Promise<Result> {
  const passphrase = await readSecret('New passphrase, at least 12 characters')
  if (process.stdin.isTTY && passphrase !== (await readSecret('The same again')))
    throw new Problem('vault.passphrase-wrong', 'the two are not the same')
  const vault = await api.vault.setPassphrase({ passphrase })
  return { json: vault, text: 'Your sign-ins are kept, sealed by the passphrase. It is asked once after each start.' }
}

export async function vaultState({ api }: Connection): Promise<Result> {
  return toVaultResult(await api.vault.snapshot())
}

/** The keychain is asked again; whoever was signed in is signed in again with it. */
export async function retryVault({ api }: Connection): Promise<Result> {
  const vault = await api.vault.retry()
  await api.auth.retry()
  return toVaultResult(vault)
}

/** The file that cannot be read is kept beside the new one. */
export async function startVaultAfresh({ api }: Connection): Promise<Result> {
  const before = await api.vault.snapshot()
  const after = toVaultResult(await api.vault.startAfresh())
  return waitsForPerson(before) ? after : { ...after, text: `Nothing is in the way.\n${after.text}` }
}

function toVaultResult(vault: VaultState): Result {
  const lines = [`${vault.state}, ${vault.backend}`, ...toWay(vault)]
  return { json: vault, text: lines.join('\n'), code: waitsForPerson(vault) ? exitCodes.needsYou : exitCodes.done }
}

/** Without a keychain there are two ways out, and waiting a moment is neither. */
function toWay({ state, problem }: VaultState): string[] {
  if (!problem) return []
  if (state !== 'memory') return [toLines(problem)]
  const ways = [
    'Once there is a keychain, run: causeway vault retry',
    'Without one, run: causeway vault set-passphrase',
  ]
  return [toLines({ ...problem, remedy: 'none' }), ...ways]
}

const waitsForPerson = ({ state }: VaultState) => state === 'locked' || state === 'broken'
