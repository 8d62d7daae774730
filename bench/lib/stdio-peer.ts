import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { createLines } from '../../electron/bridge/lines.ts'
import { nowMs } from './stats.ts'

export type Rpc = {
  id?: string | number
  method?: string
  params?: Record<string, unknown>
  result?: Record<string, unknown>
  error?: { code: number; message: string }
}
export type Exit = { code: number | null; signal: NodeJS.Signals | null; at: number }
type Options = { command: string[]; env: Record<string, string> }
type Waiter = { resolve: (answer: Rpc) => void; reject: (error: Error) => void; method: string; until: number }

export const clientInfo = { name: 'bench', version: '1.0.0' }
const protocolVersion = '2025-06-18'
const patienceMs = 30_000

/** A bare stdio client: what is measured is the bridge and not a library. */
export function startPeer({ command, env }: Options) {
  const [program = '', ...args] = command
  const spawnedAt = nowMs()
  const child: ChildProcessWithoutNullStreams = spawn(program, args, { env, stdio: 'pipe' })
  const waiting = new Map<string | number, Waiter>()
  const notifications: Rpc[] = []
  /** Answers nobody waits for, and lines on stdout that are no JSON: `isBroken`. */
  const dirt: { text: string; bytes: number; isBroken: boolean }[] = []
  let stderr = ''
  let exit: Exit | null = null
  let lastId = 0
  let watch: NodeJS.Timeout | undefined
  let answerFor: ((question: Rpc) => object) | null = null

  const exited = new Promise<Exit>((resolve) => {
    const end = (code: number | null, signal: NodeJS.Signals | null) => {
      exit ??= { code, signal, at: nowMs() }
      for (const { reject } of waiting.values()) reject(new Error(`the bridge ended (${signal ?? code})`))
      waiting.clear()
      resolve(exit)
    }
    child.once('error', () => end(null, null))
    child.once('close', end)
  })
  child.stdin.on('error', () => {})
  child.stderr.on('data', (part: Buffer) => {
    stderr = (stderr + part.toString()).slice(-20_000)
  })
  const limit = 256 * 1024 * 1024
  child.stdout.on('data', createLines({ limit, onLine, onTooLong: () => {} }).push)

  const soil = (line: Buffer, isBroken: boolean) =>
    void dirt.push({ text: line.toString('utf8', 0, 300), bytes: line.length, isBroken })
  function onLine(line: Buffer) {
    let message: Rpc
    try {
      message = JSON.parse(line.toString()) as Rpc
    } catch {
      return soil(line, true)
    }
    if (message.method !== undefined && message.id === undefined) return void notifications.push(message)
    if (message.method !== undefined) return void (answerFor && write(JSON.stringify(answerFor(message))))
    const waiter = waiting.get(message.id ?? '')
    waiting.delete(message.id ?? '')
    if (waiter) waiter.resolve(message)
    else if (message.id !== null) soil(line, false)
  }
  const write = (line: string) => child.stdin.write(`${line}\n`)

  /** The whole answer, an error as well. */
  async function send(method: string, params?: object, { id = ++lastId as string | number, ms = patienceMs } = {}) {
    if (exit) throw new Error(`the bridge ended (${exit.signal ?? exit.code})`)
    const answer = new Promise<Rpc>((resolve, reject) => {
      waiting.set(id, { resolve, reject, method, until: nowMs() + ms })
    })
    watch ??= setInterval(giveUp, 100)
    write(JSON.stringify({ jsonrpc: '2.0', id, method, params }))
    return answer
  }
  /** One timer for all: what the client costs is in every figure, and hides what the bridges do. */
  function giveUp() {
    const now = nowMs()
    for (const [id, { reject, method, until }] of [...waiting]) {
      if (until > now) continue
      waiting.delete(id)
      reject(new Error(`${method}: nothing came in time`))
    }
    if (waiting.size > 0) return
    clearInterval(watch)
    watch = undefined
  }
  async function request(method: string, params?: object, options?: { id?: string | number; ms?: number }) {
    const { error, result } = await send(method, params, options)
    if (error) throw new Error(`${error.code}: ${error.message}`)
    return result ?? {}
  }
  const call = (
    name: string,
    args: object,
    { meta, ...rest }: { meta?: object; id?: string | number; ms?: number } = {},
  ) => request('tools/call', { name, arguments: args, ...(meta ? { _meta: meta } : {}) }, rest)
  const textOf = (result: Record<string, unknown>) => (result.content as { text: string }[])[0]?.text ?? ''

  return {
    pid: child.pid as number,
    spawnedAt,
    notifications,
    dirt,
    exited,
    exit: () => exit,
    stderr: () => stderr,
    write,
    send,
    request,
    call,
    notify: (method: string, params?: object) => write(JSON.stringify({ jsonrpc: '2.0', method, params })),
    answer: (make: (question: Rpc) => object) => {
      answerFor = make
    },
    async initialize(ms = patienceMs) {
      const params = { protocolVersion, capabilities: { roots: {} }, clientInfo }
      const result = await request('initialize', params, { ms })
      write('{"jsonrpc":"2.0","method":"notifications/initialized"}')
      return result
    },
    textOf,
    /** The call that is measured: a payload there and back, and whether it came back whole. */
    async echo(payload: string, ms?: number) {
      const params = { name: 'echo', arguments: { payload } }
      const { error, result = {} } = await send('tools/call', params, ms === undefined ? {} : { ms })
      if (error) throw new Error(`${error.code}: ${error.message}`)
      if (textOf(result).length !== payload.length) throw new Error('the echo came back wrong')
    },
    endInput: () => child.stdin.end(),
    async kill(signal: NodeJS.Signals = 'SIGKILL') {
      if (!exit) child.kill(signal)
      await exited
    },
  }
}
export type Peer = ReturnType<typeof startPeer>
