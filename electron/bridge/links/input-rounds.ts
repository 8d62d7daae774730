import { randomUUID } from 'node:crypto'
import { findText } from '../json-walk.ts'
import type { IdText } from '../message.ts'
import { toPlain } from '../revision.ts'
import { addMembers, applyEdits, membersAt } from './json-edit.ts'
import { findSpan, textAt } from './json-path.ts'

/** A question of a server, as the request an older client knows. `name` is what the server calls it. */
export type Question = { name: string; id: IdText; method: string; line: Buffer }

/** Methods a server may answer with questions (2026-07-28, “Multi Round-Trip Requests”). */
export const asking: ReadonlySet<string> = new Set(['tools/call', 'prompts/get', 'resources/read'])

/** What keeps the client from taking this question: it never said that it can. Null where nothing does. */
export function findObstacle(method: string, params: Buffer, capabilities: Buffer): string | null {
  const has = (...path: string[]) => findSpan(capabilities, path) !== null
  if (method === 'roots/list') return has('roots') ? null : method
  if (method === 'sampling/createMessage') {
    if (!has('sampling')) return method
    return findSpan(params, ['tools']) && !has('sampling', 'tools') ? `${method} with tools` : null
  }
  if (method !== 'elicitation/create') return method || 'a question without a method'
  if (!has('elicitation')) return method
  if (toPlain(findText(params, ['mode'])) === 'url') return has('elicitation', 'url') ? null : `${method} by web page`
  return has('elicitation', 'form') || !has('elicitation', 'url') ? null : `${method} by form`
}

/** Older clients tell questions by web page apart by an id, which 2026-07-28 no longer has. */
function withElicitationId(method: string, params: Buffer): Buffer {
  const isPage = method === 'elicitation/create' && toPlain(findText(params, ['mode'])) === 'url'
  if (!isPage || findSpan(params, ['elicitationId'])) return params
  return applyEdits(params, addMembers(params, 0, [`"elicitationId":"${randomUUID()}"`], membersAt(params, 0).length))
}

/** Reads what a result of the kind `input_required` asks. `refused` names what the client cannot be asked. */
export function readQuestions(line: Buffer, capabilities: Buffer): Question[] | { refused: string } {
  const requests = findSpan(line, ['result', 'inputRequests'])
  const questions: Question[] = []
  for (const { key, value } of membersAt(line, requests?.start ?? line.length)) {
    const asked = line.subarray(value.start, value.end)
    const method = toPlain(findText(asked, ['method'])) ?? ''
    const span = findSpan(asked, ['params'])
    const params = span ? Buffer.from(textAt(asked, span)) : Buffer.from('{}')
    const refused = findObstacle(method, params, capabilities)
    if (refused !== null) return { refused }
    const id = `"causeway-${randomUUID()}"`
    const text = `{"jsonrpc":"2.0","id":${id},"method":"${method}","params":${withElicitationId(method, params)}}`
    questions.push({ name: key, id, method, line: Buffer.from(text) })
  }
  return questions
}
