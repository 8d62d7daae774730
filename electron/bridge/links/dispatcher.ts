import type { ConnectionOptions } from 'node:tls'
import { Agent } from 'undici'

type Options = {
  /** Certificates of the company, client certificates, a check of pins: whatever a TLS connection takes. */
  connect?: Omit<ConnectionOptions, 'port' | 'path' | 'host' | 'socket'>
  connectTimeoutMs?: number
}

/**
 * The connections of all links. One request at a time on each connection, kept alive; no limit on how long a server
 * may be silent (a call may take hours, a stream is silent by nature): only connecting has one.
 */
export function createDispatcher({ connect = {}, connectTimeoutMs = 10_000 }: Options = {}) {
  return new Agent({
    pipelining: 1,
    headersTimeout: 0,
    bodyTimeout: 0,
    keepAliveTimeout: 30_000,
    keepAliveTimeoutThreshold: 1_000,
    maxHeaderSize: 64 * 1024,
    autoSelectFamily: true,
    // Half-open connections after sleep or a change of network show themselves within a few probes.
    connect: { ...connect, timeout: connectTimeoutMs, keepAlive: true, keepAliveInitialDelay: 15_000 },
  })
}
