import { toPlain } from '../revision.ts'
import { findSpan, textAt } from './json-path.ts'
import { type MirroredParam, toHeaderText, toParamText } from './param-headers.ts'

/** Where the thing a request is about is named (2026-07-28, “Standard Request Headers”; tasks in their extension). */
const names: Record<string, string> = {
  'tools/call': 'name',
  'prompts/get': 'name',
  'resources/read': 'uri',
  'tasks/get': 'taskId',
  'tasks/update': 'taskId',
  'tasks/cancel': 'taskId',
}

function textIn(line: Buffer, path: readonly string[]): string | null {
  const span = findSpan(line, path)
  return span && textAt(line, span)
}

/** What 2026-07-28 wants said in headers, read from the very bytes that are sent: the two can never disagree. */
export function modernHeaders(line: Buffer, method: string, version: string, params: readonly MirroredParam[]) {
  const headers: Record<string, string> = {
    'mcp-protocol-version': toHeaderText(version),
    'mcp-method': toHeaderText(method),
  }
  const source = Object.hasOwn(names, method) ? names[method] : undefined
  const name = source === undefined ? null : toPlain(textIn(line, ['params', source]))
  if (name !== null) headers['mcp-name'] = toHeaderText(name)
  for (const { path, header } of params) {
    const value = toParamText(textIn(line, ['params', 'arguments', ...path]) ?? 'null')
    if (value !== null) headers[header] = toHeaderText(value)
  }
  return headers
}
