import { PassThrough } from 'node:stream'
import { createDrain } from '../drain.ts'
import type { LocalServer } from './stdio-process.ts'

/** One client’s place at a shared server: what it says goes to `take`, what it is told comes out of `server.stdout`. */
export type Seat = {
  server: LocalServer
  /** False where it has been told so much that it has not read that it cannot go on. */
  tell: (line: Buffer) => boolean
  /** It is full: resolves when it has been read, or has gone. */
  drained: () => Promise<unknown> | null
  /** The server is gone, or this client no longer belongs to it. */
  dismiss: (how: string) => void
  /** What this client says it can do, as JSON; null before it has said. */
  capabilities: Buffer | null
}

type Needs = {
  mostUnreadBytes: number
  take: (line: Buffer) => void
  waitingBytes: () => number
  leave: () => void
}

export function createSeat({ mostUnreadBytes, take, waitingBytes, leave }: Needs): Seat {
  const stdout = new PassThrough()
  const { promise: exited, resolve: end } = Promise.withResolvers<string>()
  stdout.on('error', () => {})
  const drained = createDrain(stdout)

  /** It reads to the end what it was told before. */
  function dismiss(how: string) {
    stdout.once('close', () => end(how))
    stdout.end()
  }
  return {
    capabilities: null,
    dismiss,
    tell(line) {
      if (stdout.writableEnded || stdout.destroyed) return true
      stdout.write(line)
      stdout.write('\n')
      return stdout.writableLength + stdout.readableLength <= mostUnreadBytes
    },
    drained: () => drained() ?? null,
    server: {
      stdout,
      write: take,
      waitingBytes,
      exited,
      async stop() {
        leave()
        stdout.destroy()
        end('left')
      },
    },
  }
}
