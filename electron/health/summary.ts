import type { AuthState } from '../../shared/contract/auth.ts'
import type { HealthState, Need, ServerHealth } from '../../shared/contract/health.ts'
import { levelOf } from '../../shared/problem-level.ts'
import { Problem, type ProblemData } from '../../shared/problems.ts'
import { worst } from './level.ts'

/** What is not about one server: the sign-in, the vault, the company, the catalog, the clients. */
export type Concern = { id: string; subject: string; problem: ProblemData }

type Given = {
  auth: AuthState
  concerns: Concern[]
  servers: ServerHealth[]
  nameOf: (server: ServerHealth['server']) => string
}

/** One sentence and one list for tray, window and command line, from all that is known. */
export function toHealthState({ auth, concerns, servers, nameOf }: Given): HealthState {
  const needs = [
    ...concerns.map(toNeed),
    ...(isJoined(concerns) ? signInNeed(auth, concerns) : []),
    ...serverNeeds(servers, auth, nameOf),
  ]
  const overall = worst([
    ...needs.map(({ level }) => level),
    ...servers.map(({ state }) => state).filter((state) => state === 'working'),
    ...(auth.state === 'signing-in' ? (['working'] as const) : []),
  ])
  return { overall, sentence: sentence({ overall, needs, auth }), needs, servers }
}

/** Without a company there is nobody to sign in with. */
const isJoined = (concerns: { problem: ProblemData }[]) =>
  concerns.every(({ problem }) => problem.code !== 'app.no-company')

const toNeed = ({ id, subject, problem }: Concern): Need => ({
  id,
  subject,
  problem,
  level: levelOf(problem),
  server: null,
})

/** A locked keychain is why nobody is signed in; it is said once. */
function signInNeed(auth: AuthState, concerns: Concern[]): Need[] {
  if (auth.state === 'signed-in' || auth.state === 'signing-in') return []
  const problem = auth.problem ?? new Problem('auth.signed-out').data
  if (concerns.some((concern) => concern.problem.code === problem.code)) return []
  const subject = auth.state === 'signed-out' ? 'Sign-in' : auth.account.name
  return [{ id: 'auth', subject, problem, level: levelOf(problem), server: null }]
}

/** Servers that only wait for the sign-in add nothing to the one line that already asks for it. */
function serverNeeds(servers: ServerHealth[], auth: AuthState, nameOf: Given['nameOf']): Need[] {
  const said = auth.state === 'signed-out' ? auth.problem?.code : undefined
  return servers.flatMap((server): Need[] => {
    if (server.state === 'ok' || server.state === 'working' || server.state === 'blocked') return []
    const waits = server.problem.code.startsWith('auth.') || server.problem.code === said
    if (waits && auth.state !== 'signed-in') return []
    return [
      {
        id: `server:${server.server}`,
        subject: nameOf(server.server),
        level: server.state,
        problem: server.problem,
        server: server.server,
      },
    ]
  })
}

function sentence({ overall, needs, auth }: { overall: HealthState['overall']; needs: Need[]; auth: AuthState }) {
  if (auth.state === 'signing-in') return 'Waiting for the browser'
  if (!isJoined(needs)) return 'Set up your company to start'
  const asks = needs.filter(({ level }) => level === 'needs-you' || level === 'broken')
  const asksOnlyThat = asks.every(({ id }) => id === 'auth')
  if (auth.state === 'signed-out' && asksOnlyThat) return 'Sign in to start'
  if (asks.length === 1) return '1 thing needs you'
  if (asks.length > 1) return `${asks.length} things need you`
  if (overall === 'waiting') return 'Waiting for the network'
  return overall === 'working' ? 'Checking the servers' : 'Everything works'
}
