import * as oidc from 'openid-client'
import { Problem } from '../../../shared/problems.ts'
import type { Log } from '../../lib/log.ts'
import { createSecret } from '../../lib/secret.ts'
import { type Clock, expiryIn, remainingMs } from '../clock.ts'
import type { Fetch } from '../guarded-fetch.ts'
import { createRecent } from '../recent.ts'
import { describeRefusal, type Refusal, readRefusal } from '../refusal.ts'
import type { Vault } from '../session-store.ts'
import { configure } from './configure.ts'
import { fromStored, type SignedIn, toStored } from './record.ts'

/** Everything of this kind that the vault holds of one person. */
const prefixOf = (namespace: string) => `account:${namespace}:oauth:`

type Needs = {
  vault: Pick<Vault, 'get' | 'set' | 'delete' | 'names' | 'reread' | 'lock'>
  /** In the vault, the person whose these are. */
  namespace: () => string
  clock: Clock
  log: Log
}

const marginMs = 60_000
const againMs = 30_000
const doubtMs = 10_000

/**
 * The tokens of sign-ins at servers’ own authorization servers: one refresh at a time over all processes, stored before
 * it is used, and nothing deleted because a refresh failed.
 */
export function createServerTokens({ vault, namespace, clock, log }: Needs) {
  const parsed = new Map<string, { text: string; record: SignedIn }>()
  const running = new Map<string, Promise<SignedIn>>()
  const forced = createRecent<string>(clock, againMs)
  const failed = createRecent<Problem>(clock, 5000)
  const doubts = new Map<string, number>()
  /** What only the person can end, by server. */
  const over = new Map<string, Problem>()

  const nameOf = (server: string) => `${prefixOf(namespace())}${server}`

  /** What is kept for this server at this address. A record that cannot be read is a Problem, and stays where it is. */
  async function find(server: string, url: string): Promise<SignedIn | null> {
    const text = await vault.get(nameOf(server))
    if (!text) return null
    const known = parsed.get(server)
    const record = known?.text === text ? known.record : read(text)
    parsed.set(server, { text, record })
    return record.url === url ? record : null
  }

  function read(text: string) {
    try {
      return fromStored(text, clock)
    } catch (cause) {
      throw new Problem('auth.connection-ended', 'it cannot be read', { cause })
    }
  }

  async function keep(server: string, record: SignedIn) {
    await vault.set(nameOf(server), toStored(record))
    clear(server)
  }

  const isLeft = ({ expiry }: SignedIn) => expiry === null || remainingMs(clock, expiry) > 0
  const isDue = ({ expiry }: SignedIn) =>
    expiry !== null && remainingMs(clock, expiry) < Math.min(marginMs, expiry.lifeMs / 5)

  type Asked = { server: string; name: string; record: SignedIn; rejected?: string | undefined; fetch: Fetch }

  async function get(asked: Asked): Promise<SignedIn> {
    const { server, name, record, rejected } = asked
    const isRejected = record.accessToken.reveal() === rejected
    const good = !isRejected && isLeft(record) ? record : null
    if (good && (!isDue(good) || !good.refreshToken)) return good
    // A server that refuses even a token made because it refused the last one is not helped by a third.
    if (isRejected && forced.find(server) === rejected) throw new Problem('auth.connection-ended', name)
    try {
      return await renewOnce(asked)
    } catch (error) {
      if (good) return good
      throw error
    }
  }

  /** All who want a new one wait for the same one. */
  function renewOnce(asked: Asked) {
    const { server } = asked
    const already = running.get(server)
    if (already) return already
    const work = renew(asked).finally(() => running.delete(server))
    running.set(server, work)
    return work
  }

  async function renew({ server, name, record, rejected, fetch }: Asked): Promise<SignedIn> {
    const no = over.get(server) ?? failed.find(server)
    if (no) throw no
    if (!record.refreshToken) throw end(server, new Problem('auth.connection-ended', name))
    const person = namespace()
    const next = await vault.lock(async () => {
      await vault.reread()
      const stored = await find(server, record.url)
      if (!stored) throw new Problem('auth.connect-needed', name)
      const isNewer = stored.generation > record.generation
      if (isNewer && isLeft(stored) && stored.accessToken.reveal() !== rejected) return stored
      const fresh = await redeem({ server, name, record: isNewer ? stored : record, fetch })
      // After a sign-out nothing may be written back, least of all into somebody else’s place.
      const isStill = namespace() === person && (await vault.get(nameOf(server)))
      if (!isStill) throw new Problem('auth.signed-out')
      await keep(server, fresh)
      return fresh
    })
    if (rejected) forced.set(server, next.accessToken.reveal())
    return next
  }

  async function redeem({ server, name, record, fetch }: Omit<Asked, 'rejected'>): Promise<SignedIn> {
    const { metadata, client, target } = record
    const config = configure({ metadata, client, fetch })
    const ask = () => oidc.refreshTokenGrant(config, record.refreshToken?.reveal() ?? '', target)
    const tokens = await ask()
      .catch(async (error: unknown) => {
        // The answer may have been lost on its way; most accept the same token again for a few seconds.
        if ((await readRefusal(error)).kind !== 'timeout') throw error
        return ask()
      })
      .catch(async (error: unknown) => {
        if (error instanceof Problem) throw error
        throw judge({ server, name, record, refusal: await readRefusal(error), cause: error })
      })
    const next: SignedIn = {
      ...record,
      generation: record.generation + 1,
      refreshToken: tokens.refresh_token ? createSecret(tokens.refresh_token) : record.refreshToken,
      accessToken: createSecret(tokens.access_token),
      scope: tokens.scope ?? record.scope,
      expiry: tokens.expires_in === undefined ? null : expiryIn(clock, tokens.expires_in * 1000),
    }
    log.info('connection.refreshed', { server })
    return next
  }

  type Judged = { server: string; name: string; record: SignedIn; refusal: Refusal; cause: unknown }
  function judge({ server, name, record, refusal, cause }: Judged): Problem {
    const { host } = new URL(record.issuer)
    const detail = `${host} ${describeRefusal(refusal)}`
    log.warn('connection.not-refreshed', { server, kind: refusal.kind })
    const passing = (code: Problem['code']) => {
      const problem = new Problem(code, detail, { cause })
      failed.set(server, problem)
      return problem
    }
    const ended = () => end(server, new Problem('auth.connection-ended', name, { cause }))
    switch (refusal.kind) {
      case 'dead':
        return refusal.certain || isDoubted(server) ? ended() : passing('auth.server-sso-unreachable')
      case 'interaction':
      case 'configuration':
      case 'audience':
        return ended()
      case 'captive-portal':
        return passing('auth.network-sign-in')
      case 'proxy':
        return passing('auth.proxy-refused')
      default:
        return passing('auth.server-sso-unreachable')
    }
  }

  /** A refusal that proves nothing is believed when it comes again after ten seconds. */
  function isDoubted(server: string) {
    const since = doubts.get(server)
    if (since === undefined) doubts.set(server, clock.monotonic())
    return since !== undefined && clock.monotonic() - since >= doubtMs
  }

  function end(server: string, problem: Problem) {
    over.set(server, problem)
    return problem
  }

  function clear(server: string) {
    over.delete(server)
    doubts.delete(server)
    failed.forget(server)
  }

  return {
    find,
    get,
    renew: renewOnce,
    keep,
    end,
    isLeft,
    problem: (server: string) => over.get(server) ?? failed.find(server) ?? null,
    isOver: (server: string) => over.has(server),
    async forget(server: string) {
      clear(server)
      parsed.delete(server)
      await vault.delete(nameOf(server))
    },
    /** Deletes every sign-in of this person and returns them, to be revoked. */
    async takeAll(person: string): Promise<SignedIn[]> {
      const taken: SignedIn[] = []
      for (const name of await vault.names(prefixOf(person))) {
        const text = await vault.get(name)
        await vault.delete(name)
        try {
          taken.push(fromStored(text ?? '', clock))
        } catch {
          log.warn('connection.unreadable', { person })
        }
      }
      return taken
    },
    /** What is being renewed is stored. */
    settled: () => Promise.allSettled(running.values()),
    /** Another person: nothing remembered of one is true of another. */
    reset() {
      for (const server of [...over.keys(), ...doubts.keys()]) clear(server)
      forced.clear()
      failed.clear()
      parsed.clear()
      running.clear()
    },
  }
}
