import type { Dispatcher } from 'undici'
import { type Body, createBody } from './response-body.ts'

export type Request = Omit<Dispatcher.RequestOptions, 'signal'> & {
  signal?: AbortSignal
  /** The whole request is on its way. */
  onSent?: () => void
}
export type Exchanged = Pick<Dispatcher.ResponseData, 'statusCode' | 'headers'> & { body: Body }

type Dispatch = Pick<Dispatcher, 'dispatch'>

/**
 * One exchange over undici’s connections, without the stream and the bookkeeping of its `request`: those cost each call
 * more than its connection does.
 */
export function send(dispatcher: Dispatch, { signal, onSent, ...options }: Request): Promise<Exchanged> {
  const { promise, resolve, reject } = Promise.withResolvers<Exchanged>()
  let controller: Dispatcher.DispatchController | null = null
  let answer: ReturnType<typeof createBody> | null = null

  function abort() {
    const reason = signal?.reason as Error
    reject(reason)
    if (answer) answer.body.destroy(reason)
    else controller?.abort(reason)
  }
  const over = () => signal?.removeEventListener('abort', abort)

  if (signal?.aborted) return Promise.reject(signal.reason)
  signal?.addEventListener('abort', abort)
  dispatcher.dispatch(options, {
    onRequestStart(started) {
      controller = started
      if (signal?.aborted) return started.abort(signal.reason as Error)
      // It is written in this same turn, right behind this.
      if (onSent) queueMicrotask(onSent)
    },
    onResponseStart(started, statusCode, headers) {
      if (statusCode < 200) return
      answer = createBody({
        pause: () => started.pause(),
        resume: () => started.resume(),
        abort: (reason) => started.abort(reason),
      })
      resolve({ statusCode, headers, body: answer.body })
    },
    onResponseData: (_, chunk) => answer?.push(chunk),
    onResponseEnd() {
      over()
      answer?.end()
    },
    onResponseError(_, error) {
      over()
      reject(error)
      answer?.fail(error)
    },
  })
  return promise
}
