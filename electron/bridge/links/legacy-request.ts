import { findText, skipSpace } from '../json-walk.ts'
import { metaKeys } from '../revision.ts'
import { addMembers, applyEdits, cutOut, type Edit, isObjectAt, type Member, membersAt } from './json-edit.ts'
import { findSpan, textAt } from './json-path.ts'

/** What a client said of itself in `initialize`, as the text every modern request says it with. */
export type Sender = { clientInfo: string; capabilities: string }

/** What a repeated call brings along: the client’s answers by the server’s names for its questions, and its state. */
export type Answers = { responses: readonly (readonly [name: string, resultText: string])[]; state: string | null }

const retryKeys = ['inputResponses', 'requestState']
const ourKeys: readonly string[] = Object.values(metaKeys)

export function readSender(initialize: Buffer): Sender {
  const span = findSpan(initialize, ['params', 'capabilities'])
  const declared = membersAt(initialize, span?.start ?? 0).filter(({ key }) => span !== null && key !== 'tasks')
  return {
    clientInfo: findText(initialize, ['params', 'clientInfo']) ?? '{"name":"unknown","version":"0"}',
    capabilities: `{${declared.map((member) => textAt(initialize, member)).join(',')}}`,
  }
}

export function senderTexts({ clientInfo, capabilities }: Sender, version: string, logLevel: string | null): string[] {
  const texts = [
    `"${metaKeys.version}":${JSON.stringify(version)}`,
    `"${metaKeys.clientInfo}":${clientInfo}`,
    `"${metaKeys.capabilities}":${capabilities}`,
  ]
  return logLevel === null ? texts : [...texts, `"${metaKeys.logLevel}":${logLevel}`]
}

function metaEdits(line: Buffer, at: number, texts: readonly string[]): Edit[] {
  const members = membersAt(line, at)
  const isOurs = ({ key }: Member) => ourKeys.includes(key)
  const rest = members.filter((member) => !isOurs(member)).length
  return [...addMembers(line, at, texts, rest), ...cutOut(members, isOurs)]
}

function answerTexts({ responses, state }: Answers): string[] {
  const answers = responses.map(([name, result]) => `${JSON.stringify(name)}:${result}`)
  return [
    ...(answers.length > 0 ? [`"inputResponses":{${answers.join(',')}}`] : []),
    ...(state === null ? [] : [`"requestState":${state}`]),
  ]
}

/**
 * A request of an older client as 2026-07-28 wants it: under another id, with what the client said of itself. Arguments
 * and everything else are the client’s own bytes. Null where its `params` are no object.
 */
export function toModernRequest(line: Buffer, id: string, meta: readonly string[], answers?: Answers): Buffer | null {
  const start = skipSpace(line, 0)
  const root = membersAt(line, start)
  const member = (key: string) => root.find((each) => each.key === key)
  const params = member('params')
  const written = member('id')
  const edits: Edit[] = written ? [{ ...written.value, text: id }] : []
  const added = answers ? answerTexts(answers) : []
  const envelope = `"_meta":{${meta.join(',')}}`
  if (!params) {
    const text = `"params":{${[envelope, ...added].join(',')}}`
    return applyEdits(line, [...addMembers(line, start, [text], root.length), ...edits])
  }
  const at = params.value.start
  if (!isObjectAt(line, at)) return null
  const members = membersAt(line, at)
  const own = members.find(({ key }) => key === '_meta')
  const isKept = own !== undefined && isObjectAt(line, own.value.start)
  const isCut = ({ key }: Member) => (key === '_meta' && !isKept) || (answers !== undefined && retryKeys.includes(key))
  const rest = members.filter((each) => !isCut(each)).length
  return applyEdits(line, [
    ...edits,
    ...addMembers(line, at, isKept ? added : [envelope, ...added], rest),
    ...cutOut(members, isCut),
    ...(isKept ? metaEdits(line, own.value.start, meta) : []),
  ])
}
