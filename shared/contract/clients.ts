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

/**
 * What the app's own policy, set by IT, does with our entries. `managed-only`: nothing a person adds counts, so nothing
 * is written; `blocked`: the servers named will not start; `unknown`: there is such a policy, but not on this machine.
 * `rule` is the exact text IT must add at `where` to let our entries through.
 */
export const PolicyVerdict = z.object({
  verdict: z.enum(['allowed', 'blocked', 'managed-only', 'unreadable', 'unknown']),
  source: z.string(),
  reason: z.string(),
  servers: z.array(ServerId),
  rule: z.object({ where: z.string(), text: z.string() }).nullable(),
})
export type PolicyVerdict = z.infer<typeof PolicyVerdict>

/**
 * A change that is made as soon as the app has quit, because it would undo it while it runs. `problem` tells why it could
 * not be made although the app has quit; it is tried again.
 */
const WaitingChange = z.object({
  kind: z.enum(['apply', 'undo', 'restore']),
  since: z.iso.datetime(),
  /** For `apply`: what will be written or taken out. */
  servers: z.array(ServerId),
  problem: ProblemData.nullable(),
})

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
  waiting: WaitingChange.optional(),
  problem: ProblemData.nullable(),
  canUndo: z.boolean(),
  /** Absent where nobody set a policy that concerns our entries. */
  policy: PolicyVerdict.optional(),
  /** What the app itself cannot go beyond: tools of all servers together, and letters of server plus tool name. */
  limits: z.object({ tools: z.int().optional(), toolName: z.int().optional() }).optional(),
  /** What a person should know before this app is set up. */
  note: z.string().optional(),
  /** How IT can give it servers without touching the person's file, in words for IT. */
  managedChannel: z.string().optional(),
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
  /** The app runs and would undo this: it is kept, and made once the app has quit. */
  waits: z.boolean().optional(),
  /** Whether the app will let through what would be written. */
  policy: PolicyVerdict.optional(),
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

/** One server, proved from end to end: the command that stands in the app's file was started and asked for its tools. */
export const Check = z.discriminatedUnion('state', [
  z.object({ server: ServerId, state: z.literal('ok'), tools: z.int(), milliseconds: z.int() }),
  z.object({ server: ServerId, state: z.literal('failed'), problem: ProblemData }),
])
export type Check = z.infer<typeof Check>

/** The kind of machine the core runs on: one with a desktop, or one a person works on from another. */
export const Host = z.enum(['desktop', 'ssh', 'wsl', 'container', 'dev-container', 'codespace'])
export type Host = z.infer<typeof Host>

/**
 * A file given back; `left` names entries that a person made their own and that therefore stay. `running`: the app runs
 * and may write its file once more as it remembers it.
 */
export const GivenBack = z.object({
  client: ClientId,
  path: z.string(),
  left: z.array(ServerId),
  running: z.boolean(),
  problem: ProblemData.nullable(),
})
export type GivenBack = z.infer<typeof GivenBack>

/** `now` also writes while the app runs and may undo it. */
const How = { token: z.string().optional(), now: z.boolean().optional() }

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
  host: call(z.void(), Host),
  /** Looks at the disk again. */
  rescan: call(z.void(), z.array(ClientApp)),
  preview: call(Selection, Preview),
  /**
   * Writes what `preview` showed, or keeps it until the app has quit (`waits`). Refuses with clients.changed-meanwhile
   * when the file is no longer that one. It replaces what waited for this app before, as undo and restore do.
   */
  apply: call(Selection.extend(How), ClientApp),
  /** What `undo` would do, exactly. */
  previewUndo: call(z.object({ client: ClientId }), Preview),
  /** Takes the last change back: our entries go, everything else in the file stays. */
  undo: call(z.object({ client: ClientId, ...How }), ClientApp),
  /** Forgets the change that waits for the app to quit. */
  withdraw: call(z.object({ client: ClientId }), ClientApp),
  backups: call(z.object({ client: ClientId }), z.array(Backup)),
  /** How the file would differ if this copy came back. */
  previewRestore: call(z.object({ client: ClientId, backup: z.string() }), Preview),
  /** Puts a copy back in place; what stands there now is kept as a copy first. */
  restore: call(z.object({ client: ClientId, backup: z.string(), ...How }), ClientApp),
  /** Gives every file back, for an uninstaller; goes on past one that cannot be given back, and tells. */
  restoreAll: call(z.void(), z.array(GivenBack)),
  /** Starts what stands in the app's file, server by server, and asks it for its tools. */
  verify: call(z.object({ client: ClientId }), z.array(Check)),
}
