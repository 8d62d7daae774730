import { z } from 'zod'
import { Problem } from '../../shared/problems.ts'
import type { ServerConfig } from '../../shared/server-config.ts'
import type { Clock } from './clock.ts'
import type { Vault } from './session-store.ts'

type Needs = {
  vault: Pick<Vault, 'get' | 'set' | 'delete'>
  /** In the vault, the person whose keys these are. */
  namespace: () => string
  changed: () => void
  clock: Clock
}
const Stored = z.object({ version: z.literal(1), key: z.string(), since: z.iso.datetime() })

/** What may stand in a header (RFC 9110 §5.5), so that a key cannot smuggle in another one. */
export const isHeaderValue = (text: string) =>
  /^[\x21-\x7e\x80-\xff](?:[\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?$/.test(text)

/** Knows a person’s own keys for servers that want one. A key goes in and reaches its server; nothing else reads it. */
export function createApiKeys({ vault, namespace, changed, clock }: Needs) {
  /** Servers that did not take the key they were sent, and which. */
  const refused = new Map<string, string>()

  const nameOf = ({ id, auth }: ServerConfig) =>
    `account:${namespace()}:api-key:${(auth.kind === 'api-key' ? auth.secret : undefined) ?? id}`

  async function find(server: ServerConfig) {
    const text = await vault.get(nameOf(server))
    if (!text) return null
    try {
      return Stored.parse(JSON.parse(text))
    } catch (cause) {
      throw new Problem('auth.api-key-invalid', `${server.name}: what is kept cannot be read`, { cause })
    }
  }

  return {
    find,
    async set(server: ServerConfig, key: string) {
      if (!isHeaderValue(key)) throw new Problem('auth.api-key-invalid', server.name)
      await vault.set(nameOf(server), JSON.stringify({ version: 1, key, since: clock.now().toISOString() }))
      refused.delete(server.id)
      changed()
    },
    async delete(server: ServerConfig) {
      await vault.delete(nameOf(server))
      refused.delete(server.id)
      changed()
    },
    refuse(server: ServerConfig, key: string) {
      refused.set(server.id, key)
      changed()
    },
    isRefused: (server: ServerConfig, key: string) => refused.get(server.id) === key,
  }
}
export type ApiKeys = ReturnType<typeof createApiKeys>
