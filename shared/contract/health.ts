import { z } from 'zod'
import { ServerId } from '../ids.ts'
import { call, event } from '../ipc.ts'
import { ProblemData } from '../problems.ts'

/** One model for tray, window and command line. Signing in is `needs-you`, never red; no network is `waiting`. */
export const HealthLevel = z.enum(['ok', 'working', 'needs-you', 'waiting', 'blocked', 'broken'])
export type HealthLevel = z.infer<typeof HealthLevel>

export const ServerHealth = z.discriminatedUnion('state', [
  z.object({
    server: ServerId,
    state: z.literal('ok'),
    latencyMs: z.number(),
    checkedAt: z.iso.datetime(),
    toolCount: z.number().int(),
    protocolVersion: z.string(),
    /** Name and version the server gives itself. */
    serverName: z.string(),
  }),
  z.object({ server: ServerId, state: z.literal('working'), since: z.iso.datetime() }),
  z.object({
    server: ServerId,
    state: z.enum(['needs-you', 'waiting', 'blocked', 'broken']),
    since: z.iso.datetime(),
    problem: ProblemData,
  }),
])
export type ServerHealth = z.infer<typeof ServerHealth>

/** One thing that wants the person's hand: the Needs-you list, the tray's dot, the exit code of `status`. */
export const Need = z.object({
  /** Stable while the cause lasts, such as `auth` or `server:github`. */
  id: z.string(),
  subject: z.string(),
  level: HealthLevel,
  problem: ProblemData,
  server: ServerId.nullable(),
})
export type Need = z.infer<typeof Need>

export const HealthState = z.object({
  overall: HealthLevel,
  /** One sentence, such as “Everything works” or “1 thing needs you”. */
  sentence: z.string(),
  needs: z.array(Need),
  servers: z.array(ServerHealth),
})
export type HealthState = z.infer<typeof HealthState>

export const Tool = z.object({
  name: z.string(),
  title: z.string().nullable(),
  description: z.string().nullable(),
  /** From the server's own annotations, which are claims and not facts (MCP tools, annotations). */
  kind: z.enum(['read', 'write', 'destructive', 'unknown']),
})
export type Tool = z.infer<typeof Tool>

export const health = {
  snapshot: call(z.void(), HealthState),
  changed: event(HealthState),
  /** Asks one server now; the answer is also in the next `changed`. */
  recheck: call(z.object({ server: ServerId }), ServerHealth),
  recheckAll: call(z.void(), HealthState),
  /** The tools a server listed at its last good check; empty before the first. */
  tools: call(z.object({ server: ServerId }), z.array(Tool)),
}
