import type { Body } from '../../lib/http1/response-body.ts'
import { createSseParser, type SseEvent } from './sse-parser.ts'

const mostRemembered = 1000

/** How far one logical stream was read, over all the connections it takes. Each stream has its own. */
export type Cursor = { lastEventId: string | null; retryMs: number | null; seen: Set<string> }

export const createCursor = (): Cursor => ({ lastEventId: null, retryMs: null, seen: new Set() })

function remember(ids: Set<string>, id: string) {
  ids.add(id)
  for (const oldest of ids) {
    if (ids.size <= mostRemembered) return
    ids.delete(oldest)
  }
}

/**
 * Reads one connection of a stream to its end, and no faster than `take` takes. An event that an earlier connection
 * brought already is left out: some servers replay from the id asked for instead of after it. Resolves to whether
 * anything came.
 */
export async function readEvents(
  body: Body,
  cursor: Cursor,
  maxBytes: number,
  take: (event: SseEvent) => Promise<void> | void,
): Promise<boolean> {
  const parser = createSseParser({ maxBytes })
  const here = new Set<string>()
  let isAlive = false
  try {
    for await (const chunk of body) {
      isAlive = true
      const events = parser.push(chunk)
      cursor.retryMs = parser.retryMs() ?? cursor.retryMs
      for (const event of events) {
        const id = event.kind === 'event' ? event.id : null
        if (id && cursor.seen.has(id)) continue
        if (id) remember(here, id)
        await take(event)
      }
      cursor.lastEventId = parser.lastEventId() ?? cursor.lastEventId
    }
  } catch (error) {
    // A stream that breaks is a stream that ended; anything else is a bug of ours.
    if (body.errored !== error) throw error
  } finally {
    for (const id of here) remember(cursor.seen, id)
  }
  return isAlive
}
