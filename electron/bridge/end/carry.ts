import { fstatSync } from 'node:fs'
import { Socket } from 'node:net'
import type { Readable, Writable } from 'node:stream'
import type { Dialled } from './dial.ts'
import { readInto } from './read-into.ts'
import { createRelay } from './relay.ts'

type Needs = {
  connect: (resumed: boolean) => Promise<Dialled>
  launch: () => boolean
  /** Before the process ends by itself or by a signal; bounded by whoever gives it. */
  close?: () => Promise<void>
}

/** Joins this process's stdin and stdout to a hub until the client goes; then the process ends with 0. */
export function carry({ connect, launch, close = async () => {} }: Needs) {
  const output: Writable = isPipe(1) ? new Socket({ fd: 1, readable: false, writable: true }) : process.stdout
  const input: Readable = isPipe(0) ? openInput() : process.stdin
  const exit = () => process.exit(0)
  // What was said is still on its way to the client; a client that does not read does not keep us.
  const leave = () => {
    const said = new Promise<void>((resolve) => {
      output.end(() => resolve())
      setTimeout(resolve, 100)
    })
    void Promise.all([said, close()]).then(exit, exit)
  }
  createRelay({ input, output, connect, launch, onEnd: leave })
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => void close().then(exit, exit))
}

function openInput(): Socket {
  const input: Socket = new Socket({ fd: 0, readable: true, writable: false, onread: readInto(() => input) })
  // It flows, which a listener for `data` sees to only where the chunks pass through the stream.
  return input.resume()
}

/** Node writes to its own `process.stdout` synchronously: a client that writes before it reads would block us for good. */
function isPipe(fd: number) {
  try {
    const found = fstatSync(fd)
    return process.platform !== 'win32' && (found.isFIFO() || found.isSocket())
  } catch {
    return false
  }
}
