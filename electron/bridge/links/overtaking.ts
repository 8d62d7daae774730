import { Problem } from '../../../shared/problems.ts'
import type { Outcome } from './http-post.ts'
import type { LinkSettings } from './link-options.ts'
import type { OpenRequest } from './open-request.ts'

type Opening = {
  /** All of `initialized` is on its way. */
  written: Promise<unknown>
  answered: Promise<unknown>
  /** Asks for the server’s own stream, also before `early`; resolves once that is on its way. */
  listen: (early: Promise<unknown> | null) => Promise<void>
}

const dayMs = 24 * 60 * 60 * 1000
/**
 * Lets requests go out right behind `initialized`, without waiting for its answer: that is a whole round trip before
 * the first call. A request that is refused meanwhile is sent once more after that answer, and the address remembered
 * for a day as one where requests wait.
 */
export function createOvertaking(place: string, { recallOrder, rememberOrder, now }: LinkSettings) {
  /** Until `initialized` is answered. */
  let unanswered: Promise<unknown> | null = null

  function mustWait() {
    const known = recallOrder?.(place)
    return known !== undefined && now().getTime() - Date.parse(known.at) < dayMs
  }
  const remember = () => rememberOrder?.(place, { at: now().toISOString() })

  async function watch(request: OpenRequest, post: () => Promise<Outcome>): Promise<Outcome> {
    request.early = 'watched'
    try {
      const outcome = await post()
      const status = outcome.kind === 'carried' ? 0 : outcome.status
      // Where a call was lost nobody knows whether it ran: it is not sent again, but the next ones wait.
      if (status === 400 || status === 404 || status >= 500 || request.early !== 'watched') remember()
      if (status === 400) request.early = 'refused'
      return outcome
    } catch (error) {
      if (error instanceof Problem && error.code === 'bridge.interrupted') remember()
      throw error
    }
  }

  return {
    /**
     * What the next message waits for, once `initialized` is under way: that it and the request for the server’s own
     * stream are written, in this order. What a server asks while it works goes there, and is lost where there is none.
     */
    begin({ written, answered, listen }: Opening): Promise<unknown> {
      if (mustWait()) return answered.then(() => void listen(null))
      const mine = answered
        .catch(() => {})
        .then(() => {
          if (unanswered === mine) unanswered = null
        })
      unanswered = mine
      let listening: Promise<void> | null = null
      const listenOnce = (early: Promise<unknown> | null) => {
        listening ??= listen(early)
        return listening
      }
      return Promise.race([written.then(() => listenOnce(mine)), mine.then(() => void listenOnce(null))])
    },
    /** What cannot be sent again goes out behind the answer to `initialized`. */
    behind: (work: () => Promise<void>): Promise<void> => (unanswered ? unanswered.then(work) : work()),
    async carry(request: OpenRequest, post: () => Promise<Outcome>): Promise<Outcome> {
      const first = unanswered
      if (!first) return post()
      const outcome = await watch(request, post)
      const isRefused = request.early === 'refused'
      request.early = null
      if (!isRefused) return outcome
      await first
      return request.isDone() ? outcome : post()
    },
  }
}
