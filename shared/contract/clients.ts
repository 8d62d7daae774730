import { z } from 'zod'
import { ClientId, ServerId } from '../ids.ts'
import { call, event } from '../ipc.ts'
import { ProblemData } from '../problems.ts'

/**
 * How our entry for one server stands in a client's file. `drift`: a person edited what we wrote; `conflict`: the name
 * is taken by an entry we never wrote; `lost`: what we wrote is gone from the file; `outdated`: it is as we wrote it, but
 * that is no longer what it should say.
 */
export const EntryState = z.object({
  server: ServerId,
  state: z.enum(['absent', 'written', 'outdated', 'drift', 'conflict', 'lost']),
})
export type EntryState = z.infer<typeof EntryState>

/** What took our entry away: the app while it ran, something else that wrote the file, or the file is gone. */
export const RepairCause = z.enum(['app-rewrote', 'file-rewritten', 'file-deleted'])
export type RepairCause = z.infer<typeof RepairCause>

export const ClientApp = z.object({
  id: ClientId,
  name: z.string(),
  installed: z.boolean(),
  version: z.string().nullable(),
  running: z.boolean(),
  configPath: z.string(),
  /** `partly`: some of the person's servers are in the file; `unreadable`: see `problem`, the file is left alone. */
  state: z.enum(['not-installed', 'not-set-up', 'partly', 'set-up', 'needs-repair', 'unreadable']),
  entries: z.array(EntryState),
  /** What a person must do for a change to take effect, such as “Quit and reopen Claude”; null when nothing. */
  toFinish: z.string().nullable(),
  problem: ProblemData.nullable(),
  canUndo: z.boolean(),
  /** How often our entries had to be put back in the last seven days, and why the last time. */
  repairs: z.object({ week: z.int(), lastAt: z.iso.datetime(), cause: RepairCause }).optional(),
  /** Proof, stage by stage: bridge started by it → initialize seen → call worked. */
  proof: z.object({
    bridgeAt: z.iso.datetime().nullable(),
    initializeAt: z.iso.datetime().nullable(),
    callAt: z.iso.datetime().nullable(),
  }),
})
export type ClientApp = z.infer<typeof ClientApp>

/** The exact change before it is made. `token` must come back with `apply`: it names the bytes this was made from. */
export const Preview = z.object({
  client: ClientId,
  path: z.string(),
  newFile: z.boolean(),
  /** Unified diff of the whole change; empty when there is nothing to do. */
  diff: z.string(),
  entries: z.array(
    z.object({
      server: ServerId,
      result: z.enum(['add', 'update', 'remove', 'unchanged', 'conflict', 'drift']),
    }),
  ),
  token: z.string(),
})
export type Preview = z.infer<typeof Preview>

export const Backup = z.object({
  id: z.string(),
  client: ClientId,
  path: z.string(),
  at: z.iso.datetime(),
  bytes: z.number().int(),
})
export type Backup = z.infer<typeof Backup>

/**
 * `servers` absent means all the person may use. `overwrite` puts our entry in place of one that a person edited
 * (drift) or wrote under the same name (conflict).
 */
const Selection = z.object({
  client: ClientId,
  servers: z.array(ServerId).optional(),
  overwrite: z.boolean().optional(),
})

export const clients = {
  snapshot: call(z.void(), z.array(ClientApp)),
  changed: event(z.array(ClientApp)),
  /** Looks at the disk again. */
  rescan: call(z.void(), z.array(ClientApp)),
  preview: call(Selection, Preview),
  /** Writes what `preview` showed; refuses with clients.changed-meanwhile when the file is no longer that one. */
  apply: call(Selection.extend({ token: z.string().optional() }), ClientApp),
  /** What `undo` would do, exactly. */
  previewUndo: call(z.object({ client: ClientId }), Preview),
  /** Takes the last change back: our entries go, everything else in the file stays. */
  undo: call(z.object({ client: ClientId, token: z.string().optional() }), ClientApp),
  backups: call(z.object({ client: ClientId }), z.array(Backup)),
}
