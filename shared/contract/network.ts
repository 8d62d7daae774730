import { z } from 'zod'
import { ServerId } from '../ids.ts'
import { call } from '../ipc.ts'
import { ProblemData } from '../problems.ts'

/** What a host was last reached by. */
export const ConnectionFacts = z.object({
  /** Without its name and password; null where the way was straight. */
  proxy: z.string().nullable(),
  tls: z
    .object({
      protocol: z.string(),
      issuer: z.string(),
      validTo: z.string(),
      /** The server's key is one of those the company expects. */
      pinned: z.boolean(),
    })
    .nullable(),
})
export type ConnectionFacts = z.infer<typeof ConnectionFacts>

/** One step on the way to a server; where one fails, it is the last. */
export const NetworkStep = z.discriminatedUnion('ok', [
  z.object({ step: z.enum(['way', 'name', 'connection', 'http', 'mcp']), ok: z.literal(true), found: z.string() }),
  z.object({ step: z.enum(['way', 'name', 'connection', 'http', 'mcp']), ok: z.literal(false), problem: ProblemData }),
])
export type NetworkStep = z.infer<typeof NetworkStep>

export const network = {
  /** Null before the first connection, and for local servers. */
  facts: call(z.object({ server: ServerId }), ConnectionFacts.nullable()),
  /** Walks the way to a server: which proxy, its name, TCP and TLS, HTTP, MCP. Empty for local servers. */
  check: call(z.object({ server: ServerId }), z.array(NetworkStep)),
}
