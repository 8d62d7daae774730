import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js'

/** The official client (v1), connected. The casts: the SDK's own types clash under exactOptionalPropertyTypes. */
export async function connectClient(transport: unknown) {
  const client = new Client({ name: 'plain-client', version: '1.0.0' })
  await client.connect(transport as Transport)
  return client
}

export const overHttp = (url: string, headers: Record<string, string>) =>
  new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers } })

/** The SDK's client keeps no cookies; a server behind a sticky load balancer wants its cookie back. */
export function overSse(url: string, headers: Record<string, string>) {
  let cookie = ''
  const withCookie = async (input: string | URL, init: RequestInit = {}) => {
    const sent = new Headers(init.headers)
    for (const [name, value] of Object.entries(headers)) sent.set(name, value)
    if (cookie) sent.set('cookie', cookie)
    const response = await fetch(input, { ...init, headers: sent })
    cookie = response.headers.getSetCookie()[0]?.split(';')[0] ?? cookie
    return response
  }
  return new SSEClientTransport(new URL(url), { fetch: withCookie })
}

export const bearer = (token: string) => ({ authorization: `Bearer ${token}` })

/** The text of a tool's answer. */
export const textOf = (result: unknown) =>
  (result as { content: { type: string; text: string }[] }).content.map(({ text }) => text).join('')
