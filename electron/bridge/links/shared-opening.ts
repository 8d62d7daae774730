import { brand } from '../../../shared/brand.ts'
import { findText } from '../json-walk.ts'
import type { ScannedMessage } from '../message.ts'
import { legacyRevisions, toPlain } from '../revision.ts'
import { findSpan, replaceAt } from './json-path.ts'
import { withId } from './server-message.ts'

/**
 * What the server is told its clients can do: everything, as it is told once and does not know who will come. A client
 * that cannot take a question has it refused in its name.
 */
const capabilities =
  '{"roots":{"listChanged":true},"sampling":{"tools":{},"context":{}},"elicitation":{"form":{},"url":{}}}'

type Needs<Owner> = {
  version: string
  send: (line: Buffer) => void
  tell: (owner: Owner, line: Buffer) => void
}

/** A shared server is opened once; every client that opens it is told what it answered then. */
export function createSharedOpening<Owner>({ version, send, tell }: Needs<Owner>) {
  const clientInfo = JSON.stringify({ name: brand.slug, title: brand.product, version })
  const waiting = new Map<Owner, ScannedMessage>()
  let answer: ScannedMessage | null = null
  let isAsked = false
  let isInitialized = false

  function answerTo(owner: Owner, { line, idSpan }: ScannedMessage, asked: ScannedMessage) {
    const back = withId(line, asked.id ?? 'null', idSpan)
    const agreed = findSpan(back, ['result', 'protocolVersion'])
    const age = (line: Buffer, path: string[]) => legacyRevisions.indexOf(toPlain(findText(line, path)) ?? '')
    const wanted = age(asked.line, ['params', 'protocolVersion'])
    // An older client is told its own revision: later ones only add to what it knows.
    const isOlder = wanted > age(back, ['result', 'protocolVersion'])
    tell(owner, agreed && isOlder ? replaceAt(back, agreed, `"${legacyRevisions[wanted]}"`) : back)
  }
  return {
    /** The client’s `initialize`. */
    ask(owner: Owner, asked: ScannedMessage, newId: () => string) {
      if (answer) return answerTo(owner, answer, asked)
      waiting.set(owner, asked)
      if (isAsked) return
      isAsked = true
      const params = `{"protocolVersion":"${legacyRevisions[0]}","capabilities":${capabilities},"clientInfo":${clientInfo}}`
      send(Buffer.from(`{"jsonrpc":"2.0","id":${newId()},"method":"initialize","params":${params}}`))
    },
    answered(message: ScannedMessage) {
      const owners = [...waiting]
      waiting.clear()
      isAsked = false
      // What it refused once it may be asked again: nothing was opened.
      if (!message.failed) answer = message
      for (const [owner, asked] of owners) answerTo(owner, message, asked)
    },
    /** The client’s `initialized`, which the server hears once. */
    initialized(line: Buffer) {
      if (isInitialized) return
      isInitialized = true
      send(line)
    },
    leave: (owner: Owner) => void waiting.delete(owner),
  }
}
