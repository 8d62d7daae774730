import { Problem } from '../../../shared/problems.ts'
import type { LinkNeeds } from '../link.ts'
import { notificationLine } from '../rpc.ts'
import { type ClientMemory, listChanges, type Replay } from './client-memory.ts'
import type { Inbox } from './inbox.ts'
import type { OpenRequest } from './open-request.ts'

type Needs = Pick<LinkNeeds, 'deliver'> & {
  memory: ClientMemory
  /** The server’s name for people. */
  place: string
  ask: (replay: Replay) => Promise<{ line: Buffer; isError: boolean }>
  /** A new session stands; everything from here on belongs to it. */
  opened: (version: string | null) => void
  notify: (line: Buffer) => Promise<void>
}

/**
 * Opens a new session in the client’s name, with what the client itself said: `initialize`, `initialized`, its log
 * level, its subscriptions. Throws where the server will not have it, or speaks another version than it agreed to.
 */
export async function openAgain({ memory, place, ask, opened, notify, deliver }: Needs) {
  const opening = memory.opening()
  if (!opening) throw new Problem('bridge.session-lost', place)
  const answer = await ask(opening.initialize)
  if (answer.isError) throw new Problem('bridge.session-lost', `${place} refused a new one`)
  const agreed = memory.agree(answer.line)
  if (agreed.isOtherVersion) throw new Problem('bridge.version-changed', place)
  opened(agreed.version)
  if (opening.initialized) await notify(opening.initialized)
  for (const replay of opening.after) ask(replay).catch(() => {})
  // What the client shows may no longer be there.
  if (agreed.isOtherCapabilities) for (const method of listChanges) await deliver(notificationLine(method))
}

/** The server has taken it and owes the answer soon: other things wait for it. */
export function limitAnswer(request: OpenRequest, inbox: Inbox, ms: number, place: string) {
  const late = setTimeout(() => {
    inbox.refuse(
      request,
      new Problem('bridge.timeout', `${place}: ${request.method} was not answered in ${ms / 1000} s`),
    )
    request.abort.abort()
  }, ms)
  inbox.whenDone(request, () => clearTimeout(late))
}
