import { ServerId } from '../../../shared/ids.ts'
import { ServerConfig } from '../../../shared/server-config.ts'

/** A server of a catalog, for tests; its address is never asked. */
export const testServer = (id: string, groups?: string[]) =>
  ServerConfig.parse({ id, name: id, endpoint: { transport: 'http', url: 'http://127.0.0.1:9/mcp' }, groups })

export const serverId = (id: string) => ServerId.parse(id)
