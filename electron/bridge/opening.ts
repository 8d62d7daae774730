import { findText } from './json-walk.ts'
import type { IdText, Message } from './message.ts'

/** A client's `initialize`: what it says of itself, and what it was told. */
export type Opening = {
  id: IdText
  message: Message
  params: string
  protocolVersion: string | null
  name: string | null
  clientVersion: string | null
  told: 'nothing' | 'result' | 'error'
}

export function readOpening(message: Message): Opening {
  const text = (...path: string[]) => {
    const found = findText(message.line, ['params', ...path])
    return found?.startsWith('"') ? (JSON.parse(found) as string).slice(0, 200) : null
  }
  return {
    id: message.id as IdText,
    message,
    params: findText(message.line, ['params']) ?? '',
    protocolVersion: text('protocolVersion'),
    name: text('clientInfo', 'name'),
    clientVersion: text('clientInfo', 'version'),
    told: 'nothing',
  }
}
