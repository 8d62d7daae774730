import type { AuthState } from '../../shared/contract/auth.ts'
import type { ServerId } from '../../shared/ids.ts'
import { Problem } from '../../shared/problems.ts'
import type { CompanyDocument, ServerConfig } from '../../shared/server-config.ts'
import type { Log } from '../lib/log.ts'
import type { Secret } from '../lib/secret.ts'
import { createSignal } from '../lib/signal.ts'
import { createApiKeys } from './api-keys.ts'
import { type Audience, toAudience } from './audience.ts'
import type { Clock } from './clock.ts'
import { createConnections } from './connections.ts'
import { createDerived } from './derived.ts'
import { createExchange, exchangeKey } from './exchange.ts'
import type { Fetch } from './guarded-fetch.ts'
import { createIdJag, idJagKey } from './id-jag.ts'
import { inTime } from './in-time.ts'
import type { createIssuer, Sso } from './issuer.ts'
import type { AddressGuard } from './oauth/addresses.ts'
import { createServerSignIns } from './oauth/server-sign-ins.ts'
import { createServerHeaders } from './server-headers.ts'
import type { Vault } from './session-store.ts'
import type { createStepUp } from './step-up.ts'
import type { createTokens } from './tokens.ts'

type Needs = {
  company: () => { document: CompanyDocument } | null
  servers: () => ServerConfig[]
  vault: Vault
  openUrl: (url: string) => Promise<boolean>
  fetch: Fetch
  allowInsecure: boolean
  guard?: AddressGuard
  issuer: ReturnType<typeof createIssuer>
  tokens: ReturnType<typeof createTokens>
  token: (audience: Audience & { rejected?: string | undefined }) => Promise<Secret>
  stepUp: ReturnType<typeof createStepUp>
  sso: () => Sso | null
  /** Settles once it is known who is signed in. */
  opened: () => Promise<unknown>
  /** The company’s own sign-in, as one more connection. */
  person: {
    snapshot: () => AuthState
    signIn: () => Promise<unknown>
    cancel: () => Promise<unknown>
    signOut: () => Promise<unknown>
    retry: () => Promise<unknown>
  }
  changed: () => void
  clock: Clock
  log: Log
}

/** How long whoever quits waits for issuers. */
const closingMs = 5000

/** Every way into a server, joined: the company’s token, what is made of it, sign-ins elsewhere, keys. */
export function createServerAccess(needs: Needs) {
  const { vault, openUrl, fetch, allowInsecure, issuer, tokens, token, stepUp, sso, person, clock, log } = needs
  const connected = createSignal<ServerId>()
  const document = () => needs.company()?.document ?? null
  const namespace = () => tokens.session()?.account.id ?? 'nobody'
  const tell = () => connections.tell()

  const keys = createApiKeys({ vault, namespace, changed: tell, clock })
  const signIns = createServerSignIns({
    ...{ company: document, vault, namespace, openUrl, fetch, allowInsecure, clock, log, changed: tell },
    ...(needs.guard ? { guard: needs.guard } : {}),
    connected: connected.emit,
  })
  const derived = createDerived({ clock, changed: tell })
  const exchange = createExchange({ issuer, derived, clock })
  const idJag = createIdJag({
    ...{ issuer, derived, discover: signIns.discover, allowInsecure, clock },
    allowedIssuers: () => document()?.allowedIssuers ?? [],
  })

  const headersOf = createServerHeaders({
    token,
    keys,
    ownSignIn: signIns.headers,
    challenged(server, challenge) {
      const known = sso()
      if (!known) return 'refused'
      const answer = stepUp.ask(server, challenge, known)
      needs.changed()
      return answer
    },
    exchange: async (wanted, rejected) => exchange.get(wanted, { ...subject(), token: () => token({}), rejected }),
    idJag: async (server, wanted, rejected) => idJag.get(server, wanted, { ...subject(), idToken, rejected }),
  })

  // Whose keys and tokens these are must be known before any is looked up.
  const headers: typeof headersOf = async (...given) => {
    await needs.opened()
    return headersOf(...given)
  }

  function subject() {
    const account = tokens.session()?.account.id
    const known = sso()
    if (!known || !account) throw new Problem('auth.signed-out')
    return { sso: known, account }
  }

  /** One that still counts: an old one is not taken for the person’s presence. */
  async function idToken(): Promise<Secret> {
    if (isOld(tokens.session()?.idToken ?? null, clock)) await renewSession()
    const newest = tokens.session()?.idToken
    if (!newest) throw new Problem('auth.session-ended', 'the company’s sign-in brought no ID token')
    return newest
  }

  async function renewSession() {
    const [key, grant] = [...(tokens.session()?.grants ?? [])][0] ?? []
    if (key && grant) await tokens.get(toAudience(key), grant.accessToken.reveal())
  }

  const keyOf = (server: ServerConfig) =>
    server.auth.kind === 'sso-exchange' ? exchangeKey(server.auth, namespace()) : idJagKey(server, namespace())

  const connections = createConnections({
    opened: needs.opened,
    servers: needs.servers,
    company: () => {
      const known = document()
      return known && { name: known.name, issuer: known.sso.issuer }
    },
    sso: {
      ...person,
      since: () => tokens.session()?.since ?? null,
      async renew() {
        await person.retry()
        await renewSession()
      },
    },
    signIns,
    keys,
    derived: {
      status: (server) => derived.status(keyOf(server)),
      get: (server) => headers(server),
      forget: (server) => derived.forget(keyOf(server)),
    },
    connected: connected.emit,
    log,
  })

  return {
    headers,
    connections: connections.room,
    tell,
    connected: connected.on,
    /** Somebody else, or nobody, is signed in. */
    forgetPerson() {
      derived.clear()
      idJag.clear()
      signIns.reset()
    },
    /** What is being renewed elsewhere is stored, or was waited for long enough. */
    settled: () => inTime(signIns.settled(), { clock, ms: closingMs, late: () => new Error('late') }).catch(() => {}),
    /** Deletes this person’s other sign-ins; returns what tells their issuers. Keys stay: they are no sign-ins. */
    signOut: signIns.signOut,
  }
}

/** Read, not believed: it only decides whether to fetch a newer one first. */
function isOld(idToken: Secret | null, clock: Clock) {
  if (!idToken) return true
  try {
    const [, payload = ''] = idToken.reveal().split('.')
    const { exp } = JSON.parse(Buffer.from(payload, 'base64url').toString()) as { exp?: number }
    return exp !== undefined && exp * 1000 - clock.now().getTime() < 30_000
  } catch {
    return true
  }
}
