import type { LookupFunction } from 'node:net'
import type { ConnectionFacts } from '../../shared/contract/network.ts'
import type { ProxyChoice } from '../../shared/contract/settings.ts'
import type { HttpRequest } from '../lib/http1/exchange.ts'
import type { Log } from '../lib/log.ts'
import { createSignal } from '../lib/signal.ts'
import { type Connections, createConnections } from './connections.ts'
import { createDial } from './dial.ts'
import { watchMoves } from './moves.ts'
import { createProxies } from './proxy.ts'
import { findTls, type TlsServer } from './server-tls.ts'
import { createTrust } from './trust.ts'

type Needs = {
  env: Record<string, string | undefined>
  proxy: () => ProxyChoice
  caFiles: () => string[]
  /** What Electron knows of the system’s proxy and its PAC file; plain Node knows nothing. */
  resolveProxy?: ((url: string) => Promise<string>) | undefined
  /** Every known server, for its pins and client certificate. */
  servers: () => TlsServer[]
  lookup?: LookupFunction
  connectTimeoutMs?: number
  log: Log
}

/**
 * Every connection of the app: company, catalog, sign-in and servers alike. Knows proxies, certificates and pins, and
 * what each host was last reached by. It never weakens a check, whatever a server, a proxy or a setting says.
 */
export function createNetwork({ env, proxy, caFiles, resolveProxy, servers, lookup, connectTimeoutMs, log }: Needs) {
  const facts = new Map<string, ConnectionFacts>()
  const trust = createTrust({ env, caFiles, log: log.child('trust') })
  const routes = createProxies({ env, choice: proxy, resolveProxy })
  const dial = createDial({
    routes,
    trust,
    tlsOf: (origin) => findTls(servers(), origin),
    lookup,
    timeoutMs: connectTimeoutMs ?? 10_000,
  })
  const all = new Set<Connections>()
  const moved = createSignal<void>()
  const moves = watchMoves({ onMoved })
  /** What the present connections were made under; null before the first. */
  let builtUnder: string | null = null
  let present = begin()

  function begin() {
    const connections = createConnections({
      dial: (url, alpn) => {
        builtUnder ??= chosen()
        return dial(url, alpn)
      },
      onFacts: (origin, found) => facts.set(origin, found),
      onFailed: (host, error) => log.debug('connection.failed', { host, error }),
    })
    all.add(connections)
    return connections
  }
  const chosen = () => JSON.stringify([proxy(), caFiles(), servers().map(({ tls }) => tls)])
  function onMoved() {
    log.info('network.moved', {})
    reset()
    moved.emit()
  }
  /** What runs goes on over its connection; everything from here on gets a new one, by today’s way and trust. */
  function reset() {
    const old = present
    present = begin()
    trust.forget()
    builtUnder = null
    void old.close().finally(() => all.delete(old))
  }

  return {
    /** For the byte path: one HTTP exchange, without a limit on how long the answer takes. */
    dispatcher: { request: (options: HttpRequest) => present.request(options) },
    /** The platform’s own `fetch` over the same connections. */
    fetch: ((input, init) => globalThis.fetch(input, withDispatcher(init, present.fetchDispatcher))) as typeof fetch,
    /** What a host was last reached by; undefined before the first connection. */
    facts: (url: string): ConnectionFacts | undefined => facts.get(new URL(url).origin),
    dial,
    routes,
    authorities: trust.authorities,
    reset,
    /** Settings or servers may have changed: connections made under other rules serve nobody any more. */
    reconsider() {
      if (builtUnder !== null && builtUnder !== chosen()) reset()
    },
    /** This machine is in another network; new connections are made there already. */
    moved: moved.on,
    async close() {
      moves.close()
      for (const each of all) each.destroy()
    },
  }
}
// Node’s types know no dispatcher but a whole `Dispatcher` of undici; its `fetch` calls one method of it.
const withDispatcher = (init: RequestInit | undefined, dispatcher: Connections['fetchDispatcher']) =>
  ({ ...init, dispatcher }) as unknown as RequestInit

export type Network = ReturnType<typeof createNetwork>
