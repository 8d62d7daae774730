import { Problem } from '../../../shared/problems.ts'
import type { Endpoint } from '../../../shared/server-config.ts'
import { createLines } from '../lines.ts'
import type { LinkNeeds } from '../link.ts'
import type { IdText, Message } from '../message.ts'
import { rpcCodes, toRpcError } from '../rpc.ts'
import { createBackoff, wait } from './backoff.ts'
import { toMegabytes } from './bodies.ts'
import { createClientMemory, type Replay } from './client-memory.ts'
import { createInbox } from './inbox.ts'
import type { LinkSettings } from './link-options.ts'
import type { OpenRequest } from './open-request.ts'
import { openAgain } from './opening.ts'
import { type LocalServer, startLocalServer } from './stdio-process.ts'
import type { WakingLink } from './waking-link.ts'

type StdioEndpoint = Extract<Endpoint, { transport: 'stdio' }>

/** A key from the vault, or a configured value, goes where a local server looks for it: its header names the variable. */
const inEnvironment = new Set(['api-key', 'headers'])
const steadyMs = 10_000
const mostFailures = 5

/**
 * A local server, started with the first message. When it ends by itself its running calls fail, and it is started
 * again, ever more slowly, with the client’s own `initialize`; one that will not stay up is given up with a reason.
 * Where it is shared, what is started is a place at the one process of all sessions.
 */
export function createStdioLink(endpoint: StdioEndpoint, needs: LinkNeeds, settings: LinkSettings): WakingLink {
  const { timings, maxMessageBytes, environment = process.env, shared } = settings
  const { log, deliver } = needs
  const { name } = needs.server
  const closing = new AbortController()
  const memory = createClientMemory()
  const inbox = createInbox({ ...needs, requestMs: timings.requestMs, expired: () => {} })
  const backoff = createBackoff({ firstMs: timings.backoffFirstMs, mostMs: timings.backoffMostMs })
  let server: LocalServer | null = null
  let starting: Promise<LocalServer> | null = null
  let failures = 0
  let gate: Promise<unknown> | null = null

  function hold(work: Promise<unknown>) {
    const held: Promise<unknown> = Promise.allSettled([gate, work]).then(() => {
      if (gate === held) gate = null
    })
    gate = held
  }

  async function readOutput({ stdout }: LocalServer) {
    let work: (() => Promise<void> | void)[] = []
    const lines = createLines({
      limit: maxMessageBytes,
      onLine: (line) => work.push(() => inbox.receive(line)),
      onTooLong: ({ id, method }) => work.push(() => refuseTooLarge(method === null ? id : null)),
    })
    for await (const chunk of stdout) {
      lines.push(chunk)
      const due = work
      work = []
      for (const step of due) await step()
    }
  }

  function refuseTooLarge(id: IdText | null) {
    const request = id === null ? undefined : inbox.find(id)
    const problem = new Problem('bridge.answer-too-large', `more than ${toMegabytes(maxMessageBytes)}`)
    if (request) inbox.refuse(request, problem)
    else log.warn('process.line-too-large')
  }

  async function startServer(): Promise<LocalServer> {
    const { auth, id } = needs.server
    const secrets = inEnvironment.has(auth.kind) ? await needs.headers() : {}
    const complete = { ...endpoint, env: { ...endpoint.env, ...secrets } }
    const startOwn = () => startLocalServer(complete, environment, log)
    if (!endpoint.shared) return startOwn()
    const key = JSON.stringify([id, complete])
    return shared.join({ key, start: startOwn, maxMessageBytes, closeMs: timings.closeMs, log })
  }

  async function start(): Promise<LocalServer> {
    if (failures > 0) await wait(backoff.nextMs(), closing.signal)
    const startedAt = performance.now()
    const started = await startServer().catch((error) => {
      failures += 1
      throw error
    })
    if (closing.signal.aborted) await started.stop(timings.closeMs)
    closing.signal.throwIfAborted()
    log.info('process.started')
    readOutput(started).catch((error) => void (closing.signal.aborted || log.error('process.unreadable', { error })))
    void started.exited.then((how) => onExit(started, how, performance.now() - startedAt))
    server = started
    try {
      if (memory.version() !== null) await reopen(started)
    } catch (error) {
      server = null
      void started.stop(timings.closeMs)
      if (error instanceof Problem && error.code === 'bridge.version-changed') end(error)
      throw error
    }
    return started
  }

  function reopen(started: LocalServer) {
    const ask = (replay: Replay) => {
      const { request, answer } = inbox.ask(replay.id, replay.method)
      request.progress = 'sent'
      started.write(replay.line)
      return answer
    }
    const notify = async (line: Buffer) => started.write(line)
    return openAgain({ memory, place: name, ask, notify, deliver, opened: () => log.info('session.renewed') })
  }

  function onExit(gone: LocalServer, how: string, livedMs: number) {
    // One that was replaced or stopped on purpose has nothing to tell.
    if (server !== gone || closing.signal.aborted) return void gone.stop(0)
    server = null
    // What it started may live on without it.
    void gone.stop(0)
    if (livedMs > steadyMs) {
      failures = 0
      backoff.reset()
    }
    failures += 1
    log.warn('process.ended', { how })
    inbox.failAll(
      new Problem('bridge.process-failed', `${name} ended (${how})`),
      ({ progress }) => progress !== 'waiting',
    )
    void inbox.withdrawQuestions()
    // A client that is waiting for news should get it; one that is not may wait for its next call.
    if (memory.version() !== null && failures < mostFailures)
      ready().catch((error) => log.warn('process.not-started', { error }))
  }

  function ready(): Promise<LocalServer> {
    if (server && !starting) return Promise.resolve(server)
    starting ??= start().finally(() => {
      starting = null
    })
    return starting
  }

  function end(problem: Problem) {
    inbox.failAll(problem)
    needs.ended(toRpcError(problem))
    void close()
  }

  async function run({ line }: Message, request: OpenRequest | null) {
    try {
      const late = Promise.withResolvers<never>()
      const timer = setTimeout(
        () => late.reject(new Problem('bridge.process-failed', `${name} does not start`)),
        timings.holdMs,
      )
      const running = await Promise.race([ready(), late.promise]).finally(() => clearTimeout(timer))
      if (request?.isDone()) return
      if (running.waitingBytes() > 2 * maxMessageBytes)
        throw new Problem('bridge.process-failed', `${name} does not read what it is sent`)
      if (request) request.progress = 'sent'
      running.write(line)
      if (request?.method === 'server/discover') answerForSilence(request)
    } catch (error) {
      if (request) inbox.refuse(request, error)
      else if (!closing.signal.aborted) log.warn('message.lost', { error })
    }
  }

  /** Older servers may say nothing to a method they do not know; a client that asks this waits for an answer. */
  function answerForSilence(request: OpenRequest) {
    const error = { code: rpcCodes.unknownMethod, message: 'Method not found' }
    const timer = setTimeout(() => inbox.refuseAs(request, error), timings.holdMs)
    inbox.whenDone(request, () => clearTimeout(timer))
  }

  const ordered = (work: () => Promise<void>): Promise<void> => (gate ? gate.then(work) : work())

  function initialize(message: Message) {
    // One process is one session: a second `initialize` gets a process of its own, or a new place at a shared one.
    const old = server
    server = null
    if (old) void old.stop(timings.closeMs)
    inbox.failAll(new Problem('bridge.interrupted', 'the app opened a new session'))
    memory.note(message)
    failures = 0
    const request = inbox.take(message, (line, isError) => memory.meet(line, isError, name))
    if (!request) return
    void ordered(() => run(message, request))
    hold(new Promise<void>((resolve) => inbox.whenDone(request, resolve)))
  }

  function send(message: Message) {
    const { method, kind, id } = message
    const refuse = (error: Parameters<typeof needs.fail>[1]) =>
      void (kind === 'request' && id !== null && needs.fail(id, error))
    if (closing.signal.aborted) return refuse(toRpcError(new Problem('bridge.interrupted', name)))
    if (method === 'initialize' && kind === 'request') return initialize(message)
    memory.note(message)
    if (method === 'notifications/cancelled' && (inbox.cancel(message)?.progress ?? 'waiting') === 'waiting') return
    if (kind === 'response' && id !== null) inbox.answered(id)
    const request = kind === 'request' ? inbox.take(message) : null
    if (kind === 'request' && !request)
      return refuse({ code: rpcCodes.notRpc, message: 'A request with this id is running already' })
    void ordered(() => run(message, request))
  }

  async function close() {
    if (closing.signal.aborted) return
    closing.abort()
    inbox.failAll(new Problem('bridge.interrupted', name))
    const last = server ?? (await starting?.catch(() => null))
    await last?.stop(timings.closeMs)
  }

  return { send, close, wake: () => {} }
}
