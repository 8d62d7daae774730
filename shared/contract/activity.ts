import { z } from 'zod'
import { ClientId, ServerId } from '../ids.ts'
import { call, event } from '../ipc.ts'
import { ProblemData } from '../problems.ts'

/** One call, once it has ended. No arguments and no results: names, sizes, outcome. */
export const CallRow = z.object({
  /** Grows by one with each row of this account. */
  id: z.number().int(),
  /** When the call came in. */
  time: z.iso.datetime(),
  client: ClientId.nullable(),
  /** The name the client gave itself in `initialize`. */
  clientName: z.string().nullable(),
  server: ServerId,
  /** JSON-RPC method, such as `tools/call`. */
  method: z.string(),
  /** Tool, prompt or resource named by the call. */
  target: z.string().nullable(),
  /** `failed`: the tool said isError; `error`: a JSON-RPC error; `refused`: never sent. */
  outcome: z.enum(['ok', 'failed', 'error', 'refused', 'cancelled']),
  /** Problem code or JSON-RPC code, for what is not ok. */
  code: z.string().nullable(),
  message: z.string().nullable(),
  durationMs: z.number(),
  requestBytes: z.number().int(),
  responseBytes: z.number().int(),
})
export type CallRow = z.infer<typeof CallRow>

export const ActivityFilter = z.object({
  server: ServerId.optional(),
  client: ClientId.optional(),
  outcome: CallRow.shape.outcome.optional(),
  /** Words to find in tool, server, app or message. */
  search: z.string().max(200).optional(),
})
export type ActivityFilter = z.infer<typeof ActivityFilter>

export const activity = {
  /** Newest first, by key: `before` is the last id of the page above. `total` counts what the filter matches. */
  page: call(
    z.object({
      before: z.number().int().optional(),
      limit: z.number().int().min(1).max(500).default(100),
      filter: ActivityFilter.default({}),
    }),
    z.object({
      rows: z.array(CallRow),
      next: z.number().int().nullable(),
      total: z.number().int(),
      /** Why rows are missing, or not being written now. */
      problem: ProblemData.optional(),
    }),
  ),
  /** New rows, oldest first, as they are written. */
  added: event(z.array(CallRow)),
}
