import type { Socket } from 'node:net'
import Agent from 'undici/lib/dispatcher/agent.js'
import type { ConnectionFacts } from '../../shared/contract/network.ts'
import { createHttp1 } from '../lib/http1/http1.ts'
import type { Dial } from './dial.ts'
import { createExchanges } from './exchanges.ts'

type Needs = {
  dial: Dial
  onFacts: (origin: string, facts: ConnectionFacts) => void
  onFailed: (host: string, error: Error) => void
}

/** Connections that were made under the same rules, kept and used again until they are closed together. */
export function createConnections({ dial, onFacts, onFailed }: Needs) {
  async function open(url: URL, alpn?: string[]): Promise<Socket> {
    try {
      const { socket, facts } = await dial(url, alpn)
      onFacts(url.origin, facts)
      return socket
    } catch (error) {
      onFailed(url.host, error as Error)
      throw error
    }
  }
  const http1 = createHttp1({ connect: (origin) => open(new URL(origin)) })
  /** For `fetch` alone: documents and the sign-in. */
  const agent = new Agent({
    pipelining: 1,
    headersTimeout: 0,
    bodyTimeout: 0,
    keepAliveTimeout: 30_000,
    keepAliveTimeoutThreshold: 1_000,
    maxHeaderSize: 64 * 1024,
    connect: ({ protocol, host }, done) => {
      open(new URL(`${protocol}//${host}`)).then(
        (socket) => done(null, socket),
        (error: Error) => done(error, null),
      )
    },
  })
  const exchanges = createExchanges({
    open: async (url) => {
      const socket = await open(url, ['h2', 'http/1.1'])
      return { socket, isHttp2: 'alpnProtocol' in socket && socket.alpnProtocol === 'h2' }
    },
    request: http1.request,
    offer: http1.offer,
  })

  return {
    agent,
    request: exchanges.request,
    /** Ends when what runs has. */
    async close() {
      exchanges.close()
      await Promise.all([http1.close(), agent.close()])
    },
    async destroy() {
      exchanges.destroy()
      http1.destroy()
      await agent.destroy()
    },
  }
}
export type Connections = ReturnType<typeof createConnections>
