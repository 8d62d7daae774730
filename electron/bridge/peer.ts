import type { Socket } from 'node:net'
import { createLines } from './lines.ts'
import type { Session } from './session.ts'
import { maxLineBytes } from './session.ts'

const newline = Buffer.from('\n')
/** What may wait for a client that does not read before the connection is given up. */
const mostWaiting = 4 * maxLineBytes

/** Whole lines out of a socket, with back-pressure that can be awaited. */
export function createLineWriter(socket: Socket) {
  let drained: Promise<void> | null = null

  return (line: Buffer): Promise<void> | void => {
    if (socket.destroyed) return
    socket.cork()
    socket.write(line)
    socket.write(newline)
    socket.uncork()
    if (socket.writableLength > mostWaiting) return void socket.destroy()
    if (!socket.writableNeedDrain) return
    drained ??= new Promise<void>((resolve) => {
      const done = () => {
        drained = null
        socket.off('drain', done).off('close', done)
        resolve()
      }
      socket.on('drain', done).on('close', done)
    })
    return drained
  }
}

/** Joins a bridge's socket to its session; `onGone` comes once, when the socket has closed. */
export function joinSession(socket: Socket, rest: Buffer, session: Session, onGone: () => void) {
  const lines = createLines({ limit: maxLineBytes, onLine: session.push, onTooLong: session.tooLong })
  socket.on('close', onGone)
  socket.on('data', lines.push)
  if (rest.length > 0) lines.push(rest)
  socket.resume()
}
