import type { Dispatcher } from 'undici'
import WrapHandler from 'undici/lib/handler/wrap-handler.js'
import type { HttpAnswer, HttpRequest } from '../lib/http1/exchange.ts'

type Needs = { request: (asked: HttpRequest) => Promise<HttpAnswer> }
/** What `fetch` hands its dispatcher as it sends a request. */
type Options = Pick<Dispatcher.DispatchOptions, 'origin' | 'path' | 'method' | 'headers' | 'body'>

/**
 * Carries the platform’s `fetch` over connections of ours: redirects, decompression and `Response` stay its own. A
 * request’s body is read whole first; what the app sends in this way is a form of a sign-in.
 */
export function createFetchDispatcher({ request }: Needs): Pick<Dispatcher, 'dispatch'> {
  async function carry(options: Options, handler: Dispatcher.DispatchHandler) {
    const controller = createController()
    const { signal } = controller
    try {
      handler.onRequestStart?.(controller, {})
      // In this same turn where there is nothing to read: the connection is taken before anybody lets go of it.
      const body = options.body ? await readWhole(options.body as AsyncIterable<Uint8Array>) : null
      const answer = await request({ ...toRequest(options), body, signal })
      handler.onResponseStart?.(controller, answer.statusCode, toPlain(answer.headers), '')
      for await (const piece of answer.body) {
        signal.throwIfAborted()
        handler.onResponseData?.(controller, piece)
        await controller.mayGoOn()
      }
      handler.onResponseEnd?.(controller, {})
    } catch (error) {
      handler.onResponseError?.(controller, error as Error)
    }
  }
  return {
    dispatch(options, handler) {
      void carry(options, WrapHandler.wrap(handler))
      return true
    },
  }
}

/** How `fetch` gives up, and how it says that it has read less than it was given. */
function createController() {
  const ending = new AbortController()
  const { signal } = ending
  let paused: PromiseWithResolvers<void> | null = null
  function resume() {
    paused?.resolve()
    paused = null
  }
  return {
    signal,
    get aborted() {
      return signal.aborted
    },
    get reason() {
      return (signal.reason as Error | undefined) ?? null
    },
    get paused() {
      return paused !== null
    },
    abort(reason: Error) {
      ending.abort(reason)
      resume()
    },
    pause() {
      paused ??= Promise.withResolvers()
    },
    resume,
    mayGoOn: () => paused?.promise,
  }
}

/** What says how a message is carried is the connection’s own business. */
const ofConnection = new Set(['connection', 'content-length', 'host', 'keep-alive', 'transfer-encoding', 'upgrade'])

function toRequest({ origin, path, method, headers }: Options): HttpRequest {
  if (!isSpoken(method)) throw new TypeError(`${method} is not sent here`)
  const given = Object.entries((headers ?? {}) as Record<string, string>)
  return {
    ...{ origin: String(origin), path, method },
    headers: Object.fromEntries(given.filter(([name]) => !ofConnection.has(name.toLowerCase()))),
  }
}
const isSpoken = (method: string): method is HttpRequest['method'] => ['GET', 'POST', 'DELETE'].includes(method)
async function readWhole(body: AsyncIterable<Uint8Array>) {
  const pieces: Uint8Array[] = []
  for await (const piece of body) pieces.push(piece)
  return Buffer.concat(pieces)
}
const toPlain = (headers: HttpAnswer['headers']) => headers as Record<string, string | string[]>
