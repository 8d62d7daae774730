type Known = {
  /** Set by IT for this server. */
  configured: string | undefined
  /** Named by the server’s refusal. */
  challenged: string | undefined
  /** All the server has (RFC 9728). */
  supported: string[]
  /** Asked for before: a step-up keeps it (SEP-2350). */
  before: string[]
  /** All the authorization server has. */
  offered: string[]
}

/**
 * What a sign-in asks for. `offline_access` only where the authorization server lists it: elsewhere it is an error to
 * ask for it, or refresh tokens come unasked (SEP-2207).
 */
export async function chooseScopes({ configured, challenged, supported, before, offered }: Known): Promise<string[]> {
  const { computeScopeUnion } = await import('@modelcontextprotocol/client')
  const wanted = configured ?? challenged ?? (supported.length > 0 ? supported.join(' ') : undefined)
  const offline = offered.includes('offline_access') ? 'offline_access' : undefined
  return computeScopeUnion(before.join(' '), challenged, wanted, offline)?.split(' ') ?? []
}
