import type { AuthState } from '../../shared/contract/auth.ts'
import { fromData, Problem } from '../../shared/problems.ts'
import type { Connection, Result } from './session.ts'

/** Signs in through the browser and waits for the outcome. Ctrl-C gives the attempt up. */
export async function login({ api, running }: Connection, say: (text: string) => void): Promise<Result> {
  const before = await api.auth.snapshot()
  if (before.state === 'signed-in') return { json: before, text: `Already signed in as ${before.account.name}.` }
  const ended = outcome(api)
  const giveUp = () => void api.auth.cancelSignIn().catch(() => {})
  process.once('SIGINT', giveUp)
  try {
    const state = await api.auth.signIn()
    if (state.state === 'signing-in')
      say(state.browserOpened ? 'Waiting for the browser …' : `Open this address in a browser:\n${state.loginUrl}`)
    return toResult(await ended.state, running)
  } finally {
    ended.stop()
    process.off('SIGINT', giveUp)
  }
}

/** Listens from before the start, so that a sign-in that ends at once is not missed. */
function outcome(api: Connection['api']) {
  let stop = () => {}
  const state = new Promise<AuthState>((resolve) => {
    stop = api.auth.changed((next) => {
      if (next.state !== 'signing-in') resolve(next)
    })
  })
  return { state, stop: () => stop() }
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

export async function logout({ api }: Connection): Promise<Result> {
  const before = await api.auth.snapshot()
  const after = await api.auth.signOut()
  const text =
    'account' in before ? `Signed out. ${before.account.name}’s tokens are deleted.` : 'Nobody was signed in.'
  return { json: after, text }
}
