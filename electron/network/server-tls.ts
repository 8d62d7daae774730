import type { ServerConfig, ServerTls } from '../../shared/server-config.ts'

export type TlsServer = Pick<ServerConfig, 'endpoint' | 'tls'>

/** What TLS must hold with one origin. Servers behind one gateway share its connections, and so what is asked of it. */
export function findTls(servers: TlsServer[], origin: string): ServerTls | undefined {
  const asked = servers.filter(({ endpoint, tls }) => tls && originsOf(endpoint).includes(origin))
  return asked.length === 0 ? undefined : Object.assign({}, ...asked.map(({ tls }) => tls).reverse())
}

function originsOf(endpoint: ServerConfig['endpoint']): string[] {
  if (endpoint.transport === 'stdio') return []
  const urls = endpoint.transport === 'sse-split' ? [endpoint.streamUrl, endpoint.messageUrl] : [endpoint.url]
  return urls.map((url) => new URL(url).origin)
}
