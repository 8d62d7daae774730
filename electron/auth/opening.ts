import { Problem } from '../../shared/problems.ts'
import type { Sso } from './issuer.ts'
import { currentName, type SessionStore } from './session-store.ts'
import type { Standing } from './standing.ts'
import type { createTokens } from './tokens.ts'

type Needs = {
  /** Settles once it is known whether there is a company, and which. */
  companyKnown: Promise<unknown>
  sso: () => Sso | null
  store: Pick<SessionStore, 'find'>
  tokens: Pick<ReturnType<typeof createTokens>, 'adopt' | 'check'>
  standing: Standing
  cancelSignIn: () => void
  forgetPerson: () => void
  changed: () => void
}

/** Reads who is signed in at this company. What cannot be read is said, and stays where it is. */
export function createOpening({ companyKnown, sso, store, tokens, standing, ...needs }: Needs) {
  const { cancelSignIn, forgetPerson, changed } = needs
  let turns = 0
  // Before the company is known nobody is signed out: there is nothing to be signed out of.
  let latest: Promise<void> = companyKnown.then(() => (turns === 0 ? open() : undefined))

  function open() {
    latest = read()
    return latest
  }

  async function read() {
    turns += 1
    const turn = turns
    const asked = sso()
    leave(asked)
    const found = await (asked ? store.find(asked) : null)
    if (turns !== turn) return
    standing.unread = found && 'problem' in found ? { account: found.account } : null
    standing.note = found && 'problem' in found ? found.problem : null
    forgetPerson()
    const session = asked && found && 'session' in found ? { sso: asked, session: found.session } : null
    // Whoever unlocked the keychain meanwhile needs no login page any more.
    if (session) cancelSignIn()
    tokens.adopt(session)
    changed()
    void tokens.check()
  }

  /** Another company is another sign-in: neither a token nor a login page of the old one goes on. */
  function leave(next: Sso | null) {
    const before = standing.sso
    standing.sso = next
    if (JSON.stringify(before) !== JSON.stringify(next)) cancelSignIn()
    if (nameOf(before) === nameOf(next)) return
    Object.assign(standing, { note: new Problem('auth.opening').data, unread: null } satisfies Partial<Standing>)
    forgetPerson()
    tokens.adopt(null)
    changed()
  }

  /** Settles once nothing is being read any more. */
  async function settled(): Promise<void> {
    for (let seen: Promise<void> | null = null; seen !== latest; await seen) seen = latest
  }

  return { open, settled }
}

const nameOf = (sso: Sso | null) => sso && currentName(sso)
