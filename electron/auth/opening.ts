import type { Sso } from './issuer.ts'
import type { SessionStore } from './session-store.ts'
import type { Standing } from './standing.ts'
import type { createTokens } from './tokens.ts'

type Needs = {
  sso: () => Sso | null
  store: Pick<SessionStore, 'find'>
  tokens: Pick<ReturnType<typeof createTokens>, 'adopt' | 'check'>
  standing: Standing
  /** A sign-in at another company is of no use here. */
  cancelSignIn: () => void
  forgetPerson: () => void
  changed: () => void
}

/** Reads who is signed in at this company. What cannot be read is said, and stays where it is. */
export function createOpening({ sso, store, tokens, standing, cancelSignIn, forgetPerson, changed }: Needs) {
  let lastTurn = 0

  return async function open() {
    lastTurn += 1
    const turn = lastTurn
    const asked = sso()
    standing.sso = asked
    cancelSignIn()
    const found = await (asked ? store.find(asked) : null)
    if (lastTurn !== turn) return
    standing.unread = found && 'problem' in found ? { account: found.account } : null
    standing.note = found && 'problem' in found ? found.problem : null
    forgetPerson()
    tokens.adopt(asked && found && 'session' in found ? { sso: asked, session: found.session } : null)
    changed()
    void tokens.check()
  }
}
