import type { Socket } from 'node:net'
import { createDrain } from './drain.ts'
import { createLines } from './lines.ts'
import type { Session } from './session.ts'
import { maxLineBytes } from './session.ts'

const newline = Buffer.from('\n')
/** What may wait for a client that does not read before the connection is given up. */
const mostWaiting = 4 * maxLineBytes

/** From here on a copy would cost more than the two writes it saves. */
const worthCopying = 64 * 1024

/**
 * Whole lines out of a socket, with back-pressure that can be awaited. The lines of one turn of the event loop go out in
 * one write: with many calls in flight the writes would be most of the work.
 */
export function createLineWriter(socket: Socket) {
  const drained = createDrain(socket)
  let small: Buffer[] = []
  let smallBytes = 0
  let linesThisTurn = 0
  /** The last turn had one line: so will this one, most likely, and it need not wait for the turn’s end. */
  let isAlone = false

  function flush() {
    if (small.length === 0) return
    const bytes = Buffer.concat(small, smallBytes)
    small = []
    smallBytes = 0
    if (!socket.destroyed) socket.write(bytes)
  }
  function writeLarge(line: Buffer) {
    flush()
    socket.cork()
    socket.write(line)
    socket.write(newline)
    socket.uncork()
  }
  function writeSmall(line: Buffer) {
    if (linesThisTurn === 0) setImmediate(endTurn)
    linesThisTurn += 1
    small.push(line, newline)
    smallBytes += line.length + 1
    if (smallBytes > worthCopying || (isAlone && linesThisTurn === 1)) flush()
  }
  function endTurn() {
    flush()
    isAlone = linesThisTurn === 1
    linesThisTurn = 0
  }

  return (line: Buffer): Promise<void> | void => {
    if (socket.destroyed) return
    if (line.length > worthCopying) writeLarge(line)
    else writeSmall(line)
    if (socket.writableLength > mostWaiting) return void socket.destroy()
    return drained()
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
