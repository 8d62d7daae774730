import { lookup as lookupDns } from 'node:dns'
import { isIP, type LookupFunction } from 'node:net'
import type { ConnectionFacts, NetworkStep } from '../../shared/contract/network.ts'
import { Problem, type ProblemCode, toProblem } from '../../shared/problems.ts'
import type { Network } from './network.ts'
import { describeRoute } from './proxy.ts'
import { codeOf } from './tls-problem.ts'

type Needs = {
  network: Pick<Network, 'routes' | 'dial' | 'fetch'>
  lookup?: LookupFunction
  timeoutMs?: number
}
type Step = NetworkStep['step']

/**
 * Walks the way to an address step by step and names the one that fails. It shows nobody a sign-in: a server that
 * answers 401 has been reached.
 */
export function createCheck({ network, lookup = lookupDns as LookupFunction, timeoutMs = 10_000 }: Needs) {
  async function findName({ hostname }: URL): Promise<string> {
    const { promise, resolve, reject } = Promise.withResolvers<string>()
    lookup(hostname, { all: true }, (error, addresses) => {
      if (error) return reject(error)
      resolve(
        [addresses]
          .flat()
          .map((each) => (typeof each === 'string' ? each : each.address))
          .join(', '),
      )
    })
    return promise
  }
  async function connect(url: URL): Promise<string> {
    const { socket, facts } = await network.dial(url)
    socket.destroy()
    return describeFacts(facts)
  }
  async function ask(url: URL): Promise<string> {
    const response = await network.fetch(url.href, { redirect: 'manual', signal: AbortSignal.timeout(timeoutMs) })
    await response.body?.cancel().catch(() => {})
    const type = response.headers.get('content-type')?.split(';')[0]?.slice(0, 60)
    return `HTTP ${response.status}${type ? `, ${type}` : ''}`
  }

  return async (url: URL): Promise<NetworkStep[]> => {
    const steps: NetworkStep[] = []
    /** False where it failed: nothing behind it is worth trying. */
    async function walk(step: Step, go: () => Promise<string>) {
      try {
        steps.push({ step, ok: true, found: await go() })
        return true
      } catch (error) {
        steps.push({ step, ok: false, problem: toStepProblem(error, url.host) })
        return false
      }
    }
    let isStraight = true
    const way = async () => {
      const routes = await network.routes(url)
      isStraight = routes[0]?.kind === 'direct'
      return routes.map((route) => describeRoute(route) ?? 'straight').join(', else ')
    }
    if (!(await walk('way', way))) return steps
    const isName = isIP(url.hostname.replace(/^\[|\]$/g, '')) === 0
    if (isStraight && isName && !(await walk('name', () => findName(url)))) return steps
    if (!(await walk('connection', () => connect(url)))) return steps
    await walk('http', () => ask(url))
    return steps
  }
}
export type Check = ReturnType<typeof createCheck>

const describeFacts = ({ proxy, tls }: ConnectionFacts) =>
  [
    tls
      ? `${tls.protocol}, certificate by “${tls.issuer}” until ${tls.validTo}${tls.pinned ? ', pinned' : ''}`
      : 'plain TCP',
    ...(proxy ? [`through ${proxy}`] : []),
  ].join(', ')

const words: Record<string, string> = {
  ENOTFOUND: 'its name is not known',
  EAI_AGAIN: 'its name cannot be looked up now',
  ECONNREFUSED: 'nothing listens there',
  ETIMEDOUT: 'it did not take the connection in time',
}

function toStepProblem(error: unknown, host: string) {
  const known = [error, error instanceof Error ? error.cause : null].find((each) => each instanceof Problem)
  if (known) return toProblem(known)
  const name = error instanceof Error ? error.name : ''
  const code: ProblemCode = name === 'TimeoutError' ? 'bridge.timeout' : 'bridge.unreachable'
  const why = codeOf(error)
  return new Problem(code, `${host}: ${words[why] ?? (why || name || 'no answer')}`).data
}
