import { findText } from '../json-walk.ts'
import { toPlain } from '../revision.ts'
import { findSpan, replaceAt } from './json-path.ts'

// RFC 5424, from the most talkative on, as MCP spells them.
const levels = ['debug', 'info', 'notice', 'warning', 'error', 'critical', 'alert', 'emergency']
const rank = (level: string | null) => levels.indexOf(level ?? '')

/** Which client wants to hear what, at a server that has one subscription and one log level for all of them. */
export function createTopics<Owner>() {
  const resources = new Map<string, Set<Owner>>()
  const wanted = new Map<Owner, number>()

  const uriOf = (line: Buffer) => findText(line, ['params', 'uri']) ?? ''
  function drop(uri: string, owner: Owner): boolean {
    const owners = resources.get(uri)
    owners?.delete(owner)
    if (!owners || owners.size > 0) return !owners
    return resources.delete(uri)
  }
  return {
    subscribe(owner: Owner, line: Buffer) {
      const uri = uriOf(line)
      resources.set(uri, (resources.get(uri) ?? new Set()).add(owner))
    },
    /** False where others still want to hear of it, so that the server must not be told. */
    unsubscribe: (owner: Owner, line: Buffer): boolean => drop(uriOf(line), owner),
    /** `logging/setLevel` as the server must hear it: as much as the client that wants most. */
    setLevel(owner: Owner, line: Buffer): Buffer {
      const span = findSpan(line, ['params', 'level'])
      const level = rank(toPlain(findText(line, ['params', 'level'])))
      if (!span || level < 0) return line
      wanted.set(owner, level)
      return replaceAt(line, span, `"${levels[Math.min(...wanted.values())]}"`)
    },
    /** Whether a client should hear this notice. */
    wants(owner: Owner, method: string, line: Buffer): boolean {
      if (method === 'notifications/resources/updated') return resources.get(uriOf(line))?.has(owner) ?? false
      if (method !== 'notifications/message' || wanted.size === 0) return true
      // Who never asked for a level is not flooded because another did.
      return rank(toPlain(findText(line, ['params', 'level']))) >= (wanted.get(owner) ?? rank('info'))
    },
    /** Its client has gone: the resources (as JSON) nobody wants to hear of any more. */
    leave(owner: Owner): string[] {
      wanted.delete(owner)
      return [...resources].filter(([uri, owners]) => owners.has(owner) && drop(uri, owner)).map(([uri]) => uri)
    },
  }
}
