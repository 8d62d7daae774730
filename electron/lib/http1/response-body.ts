/** What carries the bytes: it is told to wait, to go on, and that nobody wants the rest. */
type Source = { pause: () => void; resume: () => void; abort: (reason: Error) => void }

/** Bytes as they come, for one reader that reads when it likes. */
export type Body = AsyncIterable<Buffer> & {
  /** What it broke with; null for as long as it has not. */
  readonly errored: Error | null
  destroy: (reason?: Error) => void
}

/** From here on the sender waits for the reader. */
const mostWaiting = 64 * 1024
/** So many pieces that were read are kept in the list before it is cut. */
const mostRead = 4096

/**
 * The body of one answer, between a connection that brings it and whoever reads it. A stream of Node does the same at
 * several times the cost, and each call needs one.
 */
export function createBody(source: Source) {
  let chunks: Buffer[] = []
  /** How many of them are read. Taken off one by one, a long list of crumbs would be moved for each. */
  let read = 0
  let bytes = 0
  let isPaused = false
  let isOver = false
  let reader: { resolve: (result: IteratorResult<Buffer, undefined>) => void; reject: (error: Error) => void } | null =
    null

  function push(chunk: Buffer) {
    if (isOver) return
    if (reader) return settle(({ resolve }) => resolve({ value: chunk, done: false }))
    chunks.push(chunk)
    bytes += chunk.length
    if (bytes <= mostWaiting || isPaused) return
    isPaused = true
    source.pause()
  }
  function settle(how: (waiting: NonNullable<typeof reader>) => void) {
    const waiting = reader
    reader = null
    if (waiting) how(waiting)
  }
  function end() {
    isOver = true
    settle(({ resolve }) => resolve({ value: undefined, done: true }))
  }
  function fail(error: Error) {
    if (isOver) return
    isOver = true
    body.errored = error
    settle(({ reject }) => reject(error))
  }
  function forgetRead() {
    chunks = chunks.slice(read)
    read = 0
  }
  /** The reader wants no more: what waits is dropped, what comes is refused. */
  function destroy(reason?: Error) {
    chunks = []
    read = 0
    if (isOver) return
    const why = reason ?? new Error('nobody reads this answer')
    fail(why)
    source.abort(why)
  }

  function next(): Promise<IteratorResult<Buffer, undefined>> {
    const value = chunks[read]
    if (value) {
      read += 1
      bytes -= value.length
      if (read >= mostRead || read === chunks.length) forgetRead()
      if (isPaused && bytes <= mostWaiting) {
        isPaused = false
        source.resume()
      }
      return Promise.resolve({ value, done: false })
    }
    if (body.errored) return Promise.reject(body.errored)
    if (isOver) return Promise.resolve({ value: undefined, done: true })
    return new Promise((resolve, reject) => {
      reader = { resolve, reject }
    })
  }
  const iterator: AsyncIterator<Buffer, undefined> = {
    next,
    return() {
      destroy()
      return Promise.resolve({ value: undefined, done: true })
    },
  }
  // No getter: an object literal with one is a dictionary to the engine, and bodies lived on long after they were read.
  const body = { [Symbol.asyncIterator]: () => iterator, errored: null as Error | null, destroy } satisfies Body
  return { body: body as Body, push, end, fail }
}
