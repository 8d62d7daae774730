import type { Socket } from 'node:net'
import type { ConnectionFacts } from '../../shared/contract/network.ts'
import { createHttp1 } from '../lib/http1/http1.ts'
import type { Dial } from './dial.ts'
import { createExchanges } from './exchanges.ts'
import { createFetchDispatcher } from './fetch-dispatcher.ts'

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
  const exchanges = createExchanges({
    open: async (url) => {
      const socket = await open(url, ['h2', 'http/1.1'])
      return { socket, isHttp2: 'alpnProtocol' in socket && socket.alpnProtocol === 'h2' }
    },
    request: http1.request,
    offer: http1.offer,
  })

  return {
    request: exchanges.request,
    /** For `fetch`: documents and the sign-in. */
    fetchDispatcher: createFetchDispatcher(http1),
    /** Ends when what runs has. */
    async close() {
      exchanges.close()
      await http1.close()
    },
    destroy() {
      exchanges.destroy()
      http1.destroy()
    },
  }
}
export type Connections = ReturnType<typeof createConnections>
