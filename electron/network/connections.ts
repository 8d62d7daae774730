import type { Socket } from 'node:net'
import Agent from 'undici/lib/dispatcher/agent.js'
import type { ConnectionFacts } from '../../shared/contract/network.ts'
import { send } from '../lib/send.ts'
import type { Dial } from './dial.ts'
import { createExchanges } from './exchanges.ts'

type Needs = {
  dial: Dial
  onFacts: (origin: string, facts: ConnectionFacts) => void
  onFailed: (host: string, error: Error) => void
}

/** Connections that were made under the same rules, kept and used again until they are closed together. */
export function createConnections({ dial, onFacts, onFailed }: Needs) {
  /** Made to find out how a server speaks, and not used yet. */
  const spare = new Map<string, Socket>()

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
  function takeSpare(origin: string): Socket | null {
    const socket = spare.get(origin)
    spare.delete(origin)
    return socket?.writable ? socket : null
  }

  const agent = new Agent({
    // One request at a time on each connection; a call may take hours and a stream is silent by nature, so only
    // connecting has a limit here.
    pipelining: 1,
    headersTimeout: 0,
    bodyTimeout: 0,
    keepAliveTimeout: 30_000,
    keepAliveTimeoutThreshold: 1_000,
    maxHeaderSize: 64 * 1024,
    connect: ({ protocol, host }, done) => {
      const url = new URL(`${protocol}//${host}`)
      const made = takeSpare(url.origin)
      void (made ? Promise.resolve(made) : open(url)).then(
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
    request: (options) => send(agent, options),
    offer(origin, socket) {
      spare.get(origin)?.destroy()
      spare.set(origin, socket)
    },
  })
  const dropSpare = () => {
    for (const socket of spare.values()) socket.destroy()
    spare.clear()
  }

  return {
    agent,
    request: exchanges.request,
    /** Ends when what runs has. */
    async close() {
      dropSpare()
      exchanges.close()
      await agent.close()
    },
    async destroy() {
      dropSpare()
      exchanges.destroy()
      await agent.destroy()
    },
  }
}
export type Connections = ReturnType<typeof createConnections>
