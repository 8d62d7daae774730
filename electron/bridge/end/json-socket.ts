import type { Socket } from 'node:net'

/** A connection both of whose ends have proven themselves; one JSON value per message. */
export type JsonConnection = {
  send: (value: unknown) => void
  onMessage: (listener: (value: unknown) => void) => void
  onClose: (listener: () => void) => void
  close: () => void
}

/** One JSON value per line over a proven socket. A line over the limit, or no JSON, ends the connection. */
export function createJsonConnection(socket: Socket, rest: Buffer, limit: number): JsonConnection {
  let parts: Buffer[] = []
  let held = 0
  let listener: ((value: unknown) => void) | null = null

  function onChunk(chunk: Buffer) {
    let from = 0
    for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, from)) {
      parts.push(chunk.subarray(from, at))
      const line = Buffer.concat(parts)
      parts = []
      held = 0
      from = at + 1
      if (line.length > 0 && !onLine(line)) return void socket.destroy()
    }
    held += chunk.length - from
    parts.push(chunk.subarray(from))
    if (held > limit) socket.destroy()
  }
  function onLine(line: Buffer): boolean {
    let value: unknown
    try {
      value = JSON.parse(line.toString())
    } catch {
      return false
    }
    listener?.(value)
    return true
  }
  return {
    send: (value) => void (socket.writable && socket.write(`${JSON.stringify(value)}\n`)),
    /** Reading starts with the listener, so that nothing is said to nobody. */
    onMessage(given) {
      listener = given
      socket.on('data', onChunk)
      if (rest.length > 0) onChunk(rest)
      socket.resume()
    },
    onClose: (given) => void socket.on('close', given),
    close: () => socket.destroySoon(),
  }
}
