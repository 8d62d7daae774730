import { type ProblemData, toProblem } from '../../shared/problems.ts'
import type { Secret } from '../lib/secret.ts'
import { type Clock, remainingMs } from './clock.ts'
import type { Grant } from './session.ts'

const marginMs = 30_000

/**
 * Tokens made out of the company’s sign-in, each for one server. They live in memory only: a new one costs no click.
 * Everybody who wants the same one waits for one exchange.
 */
export function createDerived({ clock, changed }: { clock: Clock; changed: () => void }) {
  const held = new Map<string, { grant: Grant; since: string }>()
  const running = new Map<string, Promise<Grant>>()
  const problems = new Map<string, ProblemData>()

  const isFresh = ({ expiry }: Grant) =>
    expiry !== null && remainingMs(clock, expiry) > Math.min(marginMs, expiry.lifeMs / 5)

  async function get(key: string, rejected: string | undefined, make: () => Promise<Grant>): Promise<Secret> {
    const grant = held.get(key)?.grant
    if (grant && isFresh(grant) && grant.accessToken.reveal() !== rejected) return grant.accessToken
    const already = running.get(key)
    if (already) return (await already).accessToken
    const work = make().finally(() => running.delete(key))
    running.set(key, work)
    try {
      const next = await work
      held.set(key, { grant: next, since: clock.now().toISOString() })
      problems.delete(key)
      return next.accessToken
    } catch (error) {
      problems.set(key, toProblem(error))
      throw error
    } finally {
      changed()
    }
  }

  return {
    get,
    status: (key: string) => ({ ...held.get(key), problem: problems.get(key) ?? null }),
    forget(key: string) {
      held.delete(key)
      problems.delete(key)
    },
    clear() {
      held.clear()
      problems.clear()
    },
  }
}
