import type { Check } from '../../shared/contract/clients.ts'
import type { ClientId } from '../../shared/ids.ts'
import { type ProblemData, toProblem } from '../../shared/problems.ts'
import { toClient } from './apps-words.ts'
import { toTable } from './print.ts'
import { exitCodes, type Result } from './result.ts'
import type { Connection } from './session.ts'

type Verified = { client: ClientId; checks: Check[]; problem: ProblemData | null }

/** One app, or every one that is set up; an app that cannot be checked at all does not keep the others from it. */
export async function verify({ api }: Pick<Connection, 'api'>, id: string | undefined): Promise<Result> {
  const results: Verified[] = []
  if (id !== undefined) {
    const client = toClient(id)
    results.push({ client, checks: await api.clients.verify({ client }), problem: null })
  } else
    for (const { id: client } of (await api.clients.rescan()).filter(({ canUndo }) => canUndo))
      results.push(
        await api.clients.verify({ client }).then(
          (checks) => ({ client, checks, problem: null }),
          (error) => ({ client, checks: [], problem: toProblem(error) }),
        ),
      )
  const rows = results.flatMap(({ client, checks, problem }) => [
    ...(problem ? [[client, '', 'failed', reason(problem)]] : []),
    ...checks.map((check) => [
      ...[client, check.server, check.state],
      check.state === 'ok' ? facts(check) : reason(check.problem),
    ]),
  ])
  const failed = results.some(({ checks, problem }) => problem || checks.some(({ state }) => state === 'failed'))
  return {
    json: { results },
    text: rows.length > 0 ? toTable(['app', 'server', 'state', 'facts'], rows) : 'No app is set up yet.',
    code: failed ? exitCodes.broken : exitCodes.done,
  }
}
const facts = ({ tools, milliseconds }: Check & { state: 'ok' }) => `${tools} tools, ${milliseconds} ms`
const reason = ({ title, detail, code }: ProblemData) => `${title}${detail ? `: ${detail}` : ''} [${code}]`
