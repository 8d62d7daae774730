import type { PolicyRow } from '../../shared/contract/policy.ts'
import type { ProblemData } from '../../shared/problems.ts'
import { toLines, toTable } from './print.ts'
import { exitCodes, type Result } from './result.ts'
import type { Connection, PolicyFiles } from './session.ts'

const origins: Record<PolicyRow['origin'], string> = {
  mandatory: 'IT',
  company: 'the company’s document',
  person: 'you',
  recommended: 'IT, as a suggestion',
  default: '',
}

/** What IT decided, what holds, and who said so. Exit code 5 where something of it cannot be believed or is not valid. */
export async function showPolicy({ api }: Connection): Promise<Result> {
  const policy = await api.policy.snapshot()
  const { rows, sources, unknown } = policy
  const table = toTable(
    ['key', 'value', 'from', 'locked', 'source'],
    rows.map(({ key, value, origin, source, locked }) => [
      ...[key, typeof value === 'string' ? value : JSON.stringify(value)],
      ...[origins[origin], locked ? 'locked' : '', source ?? ''],
    ]),
  )
  const problems = [...sources, ...rows].flatMap(({ problem }) => (problem ? [problem] : []))
  // A place that is refused is named once, not once for every key.
  const said = new Map([...problems, ...unknown].map((problem) => [`${problem.code} ${problem.detail}`, problem]))
  const none = sources.length === 0 ? ['\nIT has set nothing on this computer.'] : []
  return {
    json: policy,
    text: [table, ...none, ...[...said.values()].map((problem) => `\n${toLines(problem)}`)].join('\n'),
    code: problems.length > 0 ? exitCodes.broken : exitCodes.done,
  }
}

/** A draft of `policy.json`. Exit code 1 where something in it is wrong: a slip closes what it should have opened. */
export async function checkPolicy({ check }: PolicyFiles, path: string): Promise<Result> {
  const { set, problems } = await check(path)
  return {
    json: { path, set, problems },
    text: [...toSaid(problems), toSets(set)].join('\n'),
    code: problems.length > 0 ? exitCodes.problem : exitCodes.done,
  }
}

/** The same draft as a file for a management tool. Nothing is written where something in it is wrong. */
export async function convertPolicy({ convert }: PolicyFiles, from: string, to: string): Promise<Result> {
  const { set, problems, written } = await convert(from, to)
  return {
    json: { path: from, set, problems, written },
    text: written ? `${written} was written. ${toSets(set)}` : [...toSaid(problems), 'Nothing was written.'].join('\n'),
    code: written ? exitCodes.done : exitCodes.problem,
  }
}

export async function writePolicyTemplates({ templates }: PolicyFiles, folder: string): Promise<Result> {
  const written = await templates(folder)
  return { json: { written }, text: written.join('\n') }
}

const toSets = (set: string[]) => (set.length > 0 ? `It sets ${set.join(', ')}.` : 'It sets nothing.')
const toSaid = (problems: ProblemData[]) => problems.map(({ title, detail, code }) => `${title}: ${detail} [${code}]`)
