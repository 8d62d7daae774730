import { z } from 'zod'
import { ServerId } from '../ids.ts'
import { call, event } from '../ipc.ts'
import { ProblemData } from '../problems.ts'

export const CatalogServer = z.object({
  id: ServerId,
  name: z.string(),
  description: z.string().nullable(),
  origin: z.enum(['policy', 'company', 'team', 'mine']),
  transport: z.enum(['auto', 'http', 'sse', 'sse-split', 'stdio']),
  auth: z.enum(['none', 'sso', 'api-key', 'headers', 'sso-exchange', 'id-jag', 'mcp-oauth']),
  /** URL, or the command line of a local server; for people to read. */
  address: z.string(),
  /** False where the person's groups do not include it: listed, locked, with the reason. */
  allowed: z.boolean(),
  groups: z.array(z.string()),
})
export type CatalogServer = z.infer<typeof CatalogServer>

export const CatalogState = z.object({
  servers: z.array(CatalogServer),
  fetchedAt: z.iso.datetime().nullable(),
  /** True while the list comes from the last good copy on disk. */
  stale: z.boolean(),
  problem: ProblemData.nullable(),
})
export type CatalogState = z.infer<typeof CatalogState>

export const catalog = {
  snapshot: call(z.void(), CatalogState),
  changed: event(CatalogState),
  refresh: call(z.void(), CatalogState),
}
