import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import type { Transport as SdkTransport } from '@modelcontextprotocol/sdk/shared/transport.js'
import { CallToolResultSchema } from '@modelcontextprotocol/sdk/types.js'
import { clientInfo } from '../lib/stdio-peer.ts'

/** The official client straight at the server: what the network path and the SDK cost without any bridge. */
export async function connectDirect(url: string, token: string, kind: 'http' | 'sse') {
  const client = new Client(clientInfo, { capabilities: {} })
  const options = { requestInit: { headers: { authorization: `Bearer ${token}` } } }
  const Transport = kind === 'sse' ? SSEClientTransport : StreamableHTTPClientTransport
  await client.connect(new Transport(new URL(url), options) as SdkTransport)
  return {
    async echo(payload: string) {
      const params = { name: 'echo', arguments: { payload } }
      const result = await client.request({ method: 'tools/call', params }, CallToolResultSchema, { timeout: 60_000 })
      const [first] = result.content as { text: string }[]
      if (first?.text.length !== payload.length) throw new Error('the echo came back wrong')
    },
    async list() {
      await client.listTools()
    },
    close: () => client.close(),
  }
}
