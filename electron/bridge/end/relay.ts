import type { Socket } from 'node:net'
import type { Readable, Writable } from 'node:stream'
import { createConversation } from './conversation.ts'
import type { Dialled } from './dial.ts'
import type { Envelope } from './envelope.ts'
import { errorText } from './errors.ts'
import { createSplitter } from './splitter.ts'

type Needs = {
  input: Readable
  output: Writable
  /** Finds the hub and proves both sides; `resumed` as in the hello. */
  connect: (resumed: boolean) => Promise<Dialled>
  /** Starts the app in the background, unless someone just did; false where there is nothing to start. */
  launch: () => boolean
  /** Nothing more will be said. */
  onEnd: () => void
  waitMs?: { launched: number; notLaunched: number; again: number; drain: number }
}

const newline = Buffer.from('\n')
const heldLimit = 1024 * 1024
const interrupted = errorText('bridge.interrupted', 'the app was restarted; send the request again')
const defaultWaits = { launched: 20_000, notLaunched: 4_000, again: 1_000, drain: 800 }
const mostPauseMs = 1_000

/**
 * Carries lines between an AI client and the hub, and outlives the hub: it comes back by itself, says the client's own
 * opening again, and answers what the old hub took with it. Whatever happens, it stays until the client goes.
 */
export function createRelay({ input, output, connect, launch, onEnd, waitMs = defaultWaits }: Needs) {
  const conversation = createConversation()
  let socket: Socket | null = null
  let held: Buffer[] = []
  let heldBytes = 0
  let ending = false
  let finished = false
  let deadline: number | null = null
  let isAway = false
  let launched = false
  let wakeUp = () => {}

  // ── client → hub

  // Where the pieces of a long line go. While there is no hub the client is made to wait with the rest of it.
  let target: Socket | 'held' | 'dropped' = 'dropped'
  const up = createSplitter({
    whole(line, envelope, written) {
      const isOpening = envelope.method === 'initialize' && envelope.id !== null
      conversation.fromClient(envelope, line, socket ? 'sent' : 'waiting')
      if (socket) return toHub(written)
      // The opening and its end are said first to whichever hub comes; they need no place here.
      if (!isOpening && envelope.method !== 'notifications/initialized') hold(line, envelope)
      if (envelope.id !== null && envelope.method !== null) startWaiting()
    },
    begin() {
      target = socket ?? 'held'
      if (socket) return
      input.pause()
      startWaiting()
    },
    piece(bytes) {
      if (target === 'held') held.push(bytes)
      else if (target === socket) toHub(bytes)
    },
    end(envelope) {
      const isThere = target === 'held' || target === socket
      if (isThere) conversation.fromClient(envelope, null, socket ? 'sent' : 'waiting')
      if (target === 'held') held.push(newline)
      else if (isThere) toHub(newline)
      else if (envelope.id !== null && envelope.method !== null) {
        say(envelope.id, target === 'dropped' ? toError({ state: 'away' }) : interrupted)
      }
    },
  })
  function toHub(...parts: Buffer[]) {
    if (!socket) return
    socket.cork()
    for (const part of parts) socket.write(part)
    socket.uncork()
    if (socket.writableNeedDrain) input.pause()
  }
  function hold(line: Buffer, { id, method }: Envelope) {
    if (heldBytes + line.length <= heldLimit) {
      held.push(line, newline)
      heldBytes += line.length
    } else if (id !== null && method !== null) {
      conversation.forget(id)
      say(id, errorText('app.not-running', 'it is starting, and too much waits for it already; try again'))
    }
  }

  // ── hub → client

  const down = createSplitter({
    whole(_line, envelope, written) {
      conversation.fromHub(envelope)
      toClient(written)
      endIfQuiet()
    },
    begin: () => {},
    piece: (bytes) => toClient(bytes),
    end(envelope) {
      conversation.fromHub(envelope)
      toClient(newline)
      endIfQuiet()
    },
  })
  function toClient(...parts: Buffer[]) {
    output.cork()
    for (const part of parts) output.write(part)
    output.uncork()
    if (output.writableNeedDrain) socket?.pause()
  }
  const say = (id: string, error: string) => toClient(Buffer.from(`{"jsonrpc":"2.0","id":${id},"error":${error}}\n`))

  // ── the hub comes and goes

  async function stayConnected() {
    let pauseMs = 25
    while (!finished && !socket) {
      const resumed = conversation.isResumed()
      const dialled = await connect(resumed)
      if (finished) break
      if (dialled.state === 'open') {
        // The client opened anew while we dialled: this hub would keep the answer from it.
        if (resumed !== conversation.isResumed()) dialled.socket.destroy()
        else attach(dialled.socket)
        continue
      }
      if (dialled.state === 'away' && deadline !== null && !launched) startApp()
      if (deadline !== null && Date.now() >= deadline) giveUpWaiting(dialled)
      await pause(Math.min(pauseMs, deadline === null ? pauseMs : Math.max(deadline - Date.now(), 0)))
      pauseMs = Math.min(pauseMs * 2, mostPauseMs)
    }
  }
  function attach(given: Socket) {
    socket = given
    isAway = launched = false
    deadline = null
    given.on('data', (chunk: Buffer) => together(output, () => down.push(chunk)))
    given.on('drain', () => input.resume())
    given.on('close', onLost)
    toHub(...conversation.replay().flatMap((line) => [line, newline]), ...held)
    conversation.markSent()
    if (target === 'held') target = given
    letGo()
    given.resume()
  }
  function onLost() {
    socket = null
    input.resume()
    if (down.cut()) toClient(newline) // a broken line must not swallow the next one
    for (const id of conversation.takeLost()) {
      say(id, interrupted)
    }
    for (const id of conversation.takeAsked()) {
      const params = `{"requestId":${id},"reason":"The app was restarted"}`
      toClient(Buffer.from(`{"jsonrpc":"2.0","method":"notifications/cancelled","params":${params}}\n`))
    }
    if (conversation.hasWaiting()) startWaiting()
    endIfQuiet()
    if (!ending) void stayConnected()
  }
  function startWaiting() {
    wakeUp()
    if (deadline !== null) return
    deadline = Date.now() + (isAway ? waitMs.again : waitMs.notLaunched)
  }
  /** Only because a request waits: whoever quits the app keeps it quit until a client needs it. */
  function startApp() {
    launched = launch()
    if (launched) deadline = Date.now() + waitMs.launched
  }
  function giveUpWaiting(dialled: Exclude<Dialled, { state: 'open' }>) {
    const error = toError(dialled)
    for (const id of conversation.takeWaiting()) say(id, error)
    if (target === 'held') target = 'dropped'
    letGo()
    deadline = null
    isAway = true
    launched = false
  }
  function letGo() {
    held = []
    heldBytes = 0
    if (!socket?.writableNeedDrain) input.resume()
  }
  function pause(ms: number) {
    return new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms)
      wakeUp = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }

  // ── the end

  function end() {
    if (ending) return
    ending = true
    setTimeout(finish, conversation.isQuiet() ? 0 : waitMs.drain)
  }
  const endIfQuiet = () => void (ending && conversation.isQuiet() && finish())
  function finish() {
    if (finished) return
    finished = true
    socket?.off('close', onLost)
    socket?.destroySoon()
    onEnd()
  }

  input.on('data', (chunk: Buffer) => together(socket, () => up.push(chunk)))
  input.on('end', end)
  input.on('error', end)
  output.on('drain', () => socket?.resume())
  output.on('error', finish)
  void stayConnected()
}

/** All lines of a chunk in one write: with many calls in flight the writes would be most of the work. */
function together(to: Writable | null, work: () => void) {
  to?.cork()
  work()
  to?.uncork()
}

function toError(dialled: Exclude<Dialled, { state: 'open' }>): string {
  if (dialled.state === 'refused') return dialled.errorText
  if (dialled.state === 'other-version') return errorText('bridge.version-mismatch', 'restart the app, then this one')
  if (dialled.state === 'unproven') return errorText('app.not-running', 'something else answers in its place')
  return errorText('app.not-running', 'start it and try again')
}
