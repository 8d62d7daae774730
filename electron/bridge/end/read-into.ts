import type { OnReadOpts, Socket } from 'node:net'

/**
 * Lets a socket read into one buffer for as long as it lives, where Node would take 64 kB anew for each read; what came is
 * told by `data` as always, copied to its size.
 */
export function readInto(socketOf: () => Socket): OnReadOpts {
  const buffer = Buffer.allocUnsafeSlow(64 * 1024)
  return {
    buffer,
    callback(bytes) {
      socketOf().emit('data', Buffer.from(buffer.subarray(0, bytes)))
      return true
    },
  }
}
