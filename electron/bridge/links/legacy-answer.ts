import { elements, findText, type Span, skipSpace } from '../json-walk.ts'
import type { IdText } from '../message.ts'
import { applyEdits, cutOut, type Edit, isArrayAt, isObjectAt, type Member, membersAt } from './json-edit.ts'
import { findSpan } from './json-path.ts'

const newKeys = ['resultType', 'ttlMs', 'cacheScope']
// 2026-07-28 says of an unknown resource that its parameters are wrong; older clients look for a code of its own.
const notFound = { method: 'resources/read', modern: '-32602', legacy: '-32002' }

const isNoObject = (line: Buffer, { key, value }: Member) =>
  key === 'structuredContent' && !isObjectAt(line, value.start)

/** A schema of structured content that is no object: older clients would refuse the tool, or the whole list. */
function schemaEdits(line: Buffer, tools: Span): Edit[] {
  const list = (isArrayAt(line, tools.start) && elements(line, tools.start)) || []
  return list.flatMap(({ start, end }) => {
    const tool = line.subarray(start, end)
    const isObject = findText(tool, ['outputSchema', 'type']) === '"object"'
    return isObject ? [] : cutOut(membersAt(line, start), ({ key }) => key === 'outputSchema')
  })
}

function resultEdits(line: Buffer, method: string, { start }: Span): Edit[] {
  const members = membersAt(line, start)
  const tools = method === 'tools/list' ? members.find(({ key }) => key === 'tools') : undefined
  return [
    ...cutOut(members, (member) => newKeys.includes(member.key) || isNoObject(line, member)),
    ...(tools ? schemaEdits(line, tools.value) : []),
  ]
}

function errorEdits(line: Buffer, method: string): Edit[] {
  const code = findSpan(line, ['error', 'code'])
  if (!code || method !== notFound.method) return []
  const isUnknown = line.toString('latin1', code.start, code.end) === notFound.modern
  return isUnknown ? [{ ...code, text: notFound.legacy }] : []
}

/** An answer of 2026-07-28 as an older client knows it, under that client’s own id. What it does not name, it keeps. */
export function toLegacyAnswer(line: Buffer, id: IdText, method: string): Buffer {
  const root = membersAt(line, skipSpace(line, 0))
  const member = (key: string) => root.find((each) => each.key === key)
  const written = member('id')
  const result = member('result')
  return applyEdits(line, [
    ...(written ? [{ ...written.value, text: id }] : []),
    ...(result ? resultEdits(line, method, result.value) : errorEdits(line, method)),
  ])
}
