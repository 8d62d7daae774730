import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'

const mostTokens = 16
const mostSessions = 32

/**
 * Who may use the window over loopback: a one-time token becomes a session, once. Only hashes are kept, and both lists
 * are bounded: the oldest gives way. Everything ends with the process.
 */
export function createWindowSessions() {
  const tokens: Buffer[] = []
  const sessions: Buffer[] = []

  const issue = (list: Buffer[], most: number) => {
    const secret = randomBytes(32).toString('base64url')
    list.push(hash(secret))
    if (list.length > most) list.shift()
    return secret
  }

  return {
    mintToken: () => issue(tokens, mostTokens),
    /** The new session's secret, or null for a token that is wrong or was used before. */
    redeem(token: string): string | null {
      const index = find(tokens, token)
      if (index < 0) return null
      tokens.splice(index, 1)
      return issue(sessions, mostSessions)
    },
    knows: (session: string) => find(sessions, session) >= 0,
  }
}

const hash = (text: string) => createHash('sha256').update(text).digest()

/** Looks at every entry whatever the outcome, so that time tells nothing. */
function find(list: Buffer[], secret: string) {
  const wanted = hash(secret)
  return list.reduce((found, entry, index) => (timingSafeEqual(entry, wanted) ? index : found), -1)
}
