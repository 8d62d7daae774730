import type { Writable } from 'node:stream'

/** Waits until a stream has been read, or has gone. However many wait, it is listened for once. */
export function createDrain(stream: Writable) {
  let draining: Promise<void> | null = null
  return (): Promise<void> | undefined => {
    if (!stream.writableNeedDrain) return
    draining ??= new Promise((resolve) => {
      const done = () => {
        draining = null
        stream.off('drain', done).off('close', done)
        resolve()
      }
      stream.on('drain', done).on('close', done)
    })
    return draining
  }
}
