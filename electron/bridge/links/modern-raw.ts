import { metaKeys } from '../revision.ts'
import type { Handler, Reply, Seen } from './raw-server.ts'

/** What a client of 2026-07-28 says of itself in every request. */
export const modernMeta = (version = '2026-07-28') => ({
  [metaKeys.version]: version,
  [metaKeys.clientInfo]: { name: 'tester', version: '1' },
  [metaKeys.capabilities]: {},
})

export const discovered = {
  resultType: 'complete',
  supportedVersions: ['2026-07-28'],
  capabilities: { tools: { listChanged: true }, resources: { subscribe: true } },
  ttlMs: 0,
  cacheScope: 'private',
  _meta: { [metaKeys.serverInfo]: { name: 'raw', version: '1' } },
}

/** Refuses a request as 2026-07-28 wants it done. */
export const refuse = ({ message }: Seen, reply: Reply, code: number, data?: unknown, status = 400) =>
  reply.json({ jsonrpc: '2.0', id: message.id, error: { code, message: 'no', data } }, status)

/** 2026-07-28 and nothing else: answers `server/discover` and `tools/list`, and hands on the rest. */
export const modernOnly =
  (rest: Handler, tools: () => unknown[] = () => []): Handler =>
  (seen, reply) => {
    const { method } = seen.message
    if (seen.method !== 'POST') return reply.text('', 405)
    if (seen.headers['mcp-protocol-version'] !== '2026-07-28')
      return refuse(seen, reply, -32022, { supported: ['2026-07-28'] })
    if (method === 'server/discover') return reply.result(discovered)
    if (method === 'tools/list')
      return reply.result({ resultType: 'complete', tools: tools(), ttlMs: 0, cacheScope: 'private' })
    return rest(seen, reply)
  }

export const acknowledgement = ({ message }: Seen) => ({
  jsonrpc: '2.0',
  method: 'notifications/subscriptions/acknowledged',
  params: { _meta: { [metaKeys.subscription]: message.id }, notifications: message.params?.notifications },
})
