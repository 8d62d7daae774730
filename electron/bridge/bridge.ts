import type { Socket } from 'node:net'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { ClientId, ServerId } from '../../shared/ids.ts'
import { Problem } from '../../shared/problems.ts'
import type { ServerConfig } from '../../shared/server-config.ts'
import type { Log } from '../lib/log.ts'
import { createSignal } from '../lib/signal.ts'
import type { BridgeHello, Hello } from './accept.ts'
import { createAdHoc } from './ad-hoc.ts'
import { createAnswers } from './answers.ts'
import type { NewCall } from './calls.ts'
import { createJsonConnection, type JsonConnection } from './end/json-socket.ts'
import { createHubSocket } from './hub-socket.ts'
import { inspectServer } from './inspect.ts'
import type { Link, LinkNeeds } from './link.ts'
import { createLineWriter, joinSession } from './peer.ts'
import type { Sight, Traffic } from './server-session.ts'
import { createSession, type Session } from './session.ts'
import type { LinkHandlers } from './upstream.ts'

type Needs = {
  runFolder: string
  cacheFolder: string
  /** `XDG_RUNTIME_DIR`, where the run folder's path is too long for a socket. */
  runtimeFolder?: string | undefined
  version: string
  findServer: (id: ServerId) => { config: ServerConfig; allowed: boolean } | undefined
  /** Credentials and static headers for one request; throws the problem a person must solve. */
  headers: (server: ServerConfig, options?: Parameters<LinkNeeds['headers']>[0]) => Promise<Record<string, string>>
  openLink: (needs: LinkNeeds) => Link
  /** Whether a bridge may name a server by its address, which is then in no list (`causeway bridge <url>`). */
  allowAdHoc: () => boolean
  /** Whose answers may be remembered and told again; null while nobody is signed in. */
  account: () => string | null
  record: (call: NewCall) => void
  /** How far each client has come: its bridge started, it was initialized, a call worked. */
  seen: (sight: Sight) => void
  /** A proven connection of the command line. */
  control: (connection: JsonConnection) => void
  /** Resolves once the catalog and the sign-in are known, also offline: a bridge that comes earlier is not told nonsense. */
  ready?: () => Promise<unknown>
  maxClientLineBytes?: (client: ClientId | null) => number | undefined
  now: () => Date
  log: Log
}

export type SessionInfo = {
  id: number
  server: ServerId
  client: ClientId | null
  pid: number
  bridgeVersion: string
  since: string
} & ReturnType<Session['snapshot']>

type Opened = { hello: BridgeHello; server: ServerId; since: string; session: Session; socket: Socket }

// Clients built on the SDK go deaf past this (its STDIO_DEFAULT_MAX_BUFFER_SIZE).
const clientLineBytes = 10 * 1024 * 1024
const longestControlLine = 1024 * 1024
const inspectMs = 30_000
const readyMs = 5_000

/**
 * The hub: lets in the bridges that AI clients start, gives each a session with its server, and the command line its
 * connection. It alone adds credentials; nothing it carries is rebuilt.
 */
export function createBridge(needs: Needs) {
  const { version, log, now } = needs
  const sessions = new Map<number, Opened>()
  /** Sessions whose bridge has gone, while their servers are told. */
  const endings = new Set<Promise<void>>()
  const changed = createSignal<void>()
  const traffic = createSignal<Traffic>()
  const answers = createAnswers({ path: join(needs.cacheFolder, 'answers.json'), log })
  const tell = () => changed.emit()
  const hub = createHubSocket({ ...needs, runtimeFolder: needs.runtimeFolder, onPeer })
  let lastId = 0
  let isReady = false

  function onPeer(socket: Socket, hello: Hello, rest: Buffer) {
    if (hello.role === 'control') needs.control(createJsonConnection(socket, rest, longestControlLine))
    else if (isReady) addSession(socket, hello, rest)
    else void whenReady().then(() => addSession(socket, hello, rest))
  }
  /** Bounded: a start that hangs must not keep clients from being told so. */
  async function whenReady() {
    const late = new AbortController()
    const known = Promise.resolve(needs.ready?.()).catch(() => {})
    await Promise.race([known.then(setReady), pause(readyMs, null, { signal: late.signal, ref: false })])
    late.abort()
  }
  function setReady() {
    isReady = true
  }
  function addSession(socket: Socket, hello: BridgeHello, rest: Buffer) {
    if (socket.destroyed) return
    lastId += 1
    const id = lastId
    const { client, pid } = hello
    const target = toTarget(hello)
    const { server } = target
    const session = createSession({
      ...needs,
      ...target,
      client,
      resumed: hello.resumed,
      write: createLineWriter(socket),
      maxClientLineBytes: hello.adHoc?.maxAnswerBytes ?? needs.maxClientLineBytes?.(client) ?? clientLineBytes,
      changed: tell,
    })
    sessions.set(id, { hello, server, since: now().toISOString(), session, socket })
    log.info('bridge.connected', { id, server, client, pid, bridgeVersion: hello.version })
    target.seen({ client, stage: 'bridge', server, at: now().toISOString() })
    joinSession(socket, rest, session, () => {
      sessions.delete(id)
      log.info('bridge.disconnected', { id, server, client, pid })
      const ending = session.close().then(tell)
      endings.add(ending)
      void ending.finally(() => endings.delete(ending))
    })
    tell()
  }
  function toTarget(hello: BridgeHello) {
    const { server, adHoc } = hello
    if (!adHoc) {
      return { server, getServer: () => getServer(server), openLink, answers, traffic: traffic.emit, seen: needs.seen }
    }
    // Neither the company's health nor what is known of the clients has to do with it.
    const own = createAdHoc({ ...needs, hello: { ...hello, adHoc }, allowed: needs.allowAdHoc })
    const openOwn = (config: ServerConfig, handlers: LinkHandlers) => openLink(config, handlers, own.headers)
    return { ...own, openLink: openOwn, traffic: () => {}, seen: () => {} }
  }
  function getServer(id: ServerId): ServerConfig {
    const found = needs.findServer(id)
    if (!found) throw new Problem('bridge.unknown-server', id)
    if (found.allowed) return found.config
    // Groups are known only of who is signed in: signing in may be all that is missing.
    throw needs.account() === null
      ? new Problem('auth.signed-out', found.config.name)
      : new Problem('catalog.not-allowed', found.config.name)
  }
  const openLink = (server: ServerConfig, handlers: LinkHandlers, headers?: LinkNeeds['headers']) =>
    needs.openLink({
      ...handlers,
      server,
      headers: headers ?? ((options) => needs.headers(server, options)),
      log: log.child(`link ${server.id}`),
    })

  return {
    /** Opens the socket and publishes it. Throws app.already-running and bridge.folder-unsafe. */
    async listen() {
      await answers.load()
      return hub.listen()
    },
    /** As the app itself: reaches the server, lists its tools, leaves. Throws Problem. */
    async inspect(id: ServerId) {
      const server = getServer(id)
      return inspectServer({
        openLink: (handlers) => openLink(server, handlers),
        host: server.name,
        version,
        timeoutMs: inspectMs,
      })
    },
    sessions: (): SessionInfo[] =>
      [...sessions].map(
        ([
          id,
          {
            hello: { client, pid, version: bridgeVersion },
            server,
            since,
            session,
          },
        ]) => ({
          id,
          server,
          client,
          pid,
          bridgeVersion,
          since,
          ...session.snapshot(),
        }),
      ),
    /** Someone signed in or out, or the catalog changed: sessions that may no longer be end, others are tried again. */
    wake() {
      for (const { session } of sessions.values()) session.wake()
    },
    /** The machine or the network came back: what waits is tried now, and open streams are made sure of. */
    resumed() {
      for (const { session } of sessions.values()) session.resumed()
    },
    changed: changed.on,
    /** One event per answer or failure of a server; health watches it. */
    traffic: traffic.on,
    /** Ends the servers' sessions first: a bridge that is cut off comes back to whoever starts next. */
    async close() {
      await Promise.all([...sessions.values()].map(({ session }) => session.close()))
      await Promise.all(endings)
      await new Promise(setImmediate) // what the sessions said last is written at the end of this turn
      await hub.close()
      await answers.close()
    },
  }
}
