import { rename } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { RepairCause } from '../../shared/contract/clients.ts'
import { ClientId, ServerId } from '../../shared/ids.ts'
import { findFile } from '../lib/atomic-file.ts'
import type { Log } from '../lib/log.ts'
import type { Field } from './edit/change.ts'

const Written = z.object({
  key: z.string(),
  value: z.json(),
  kept: z.boolean().optional(),
  merged: z.boolean().optional(),
})
const Entry = z.object({ fields: z.array(Written), at: z.iso.datetime() })

const Repair = z.object({ at: z.iso.datetime(), cause: RepairCause })

/**
 * What we did to one file. While `hash` is that of the file’s bytes and `untouched` holds, nobody but us wrote it since
 * `original` was saved, and undo can give the very bytes back.
 */
const FileRecord = z.object({
  client: ClientId,
  original: z.string().nullable(),
  created: z.boolean(),
  folders: z.array(z.string()),
  /** The white space at its end before our first entry: what is put in at the end takes it along when it goes. */
  tail: z.string().nullable().default(null),
  hash: z.string(),
  untouched: z.boolean(),
  /** When we wrote while the app was running; null once that no longer matters. */
  waitingSince: z.iso.datetime().nullable(),
  entries: z.record(ServerId, Entry),
  /** The newest repairs, for the count and against a fight with an app that undoes each of them. */
  repairs: z.array(Repair).default([]),
})
export type FileRecord = z.infer<typeof FileRecord>

/** What a person asked for, with everything it takes to do it later: by then nobody may be signed in. */
const Request = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('apply'),
    wanted: z.array(z.object({ server: ServerId, fields: z.array(Written) })),
    obsolete: z.array(ServerId),
    overwrite: z.boolean(),
  }),
  z.object({ kind: z.literal('undo') }),
  z.object({ kind: z.literal('restore'), backup: z.string() }),
])
const Waiting = z.object({ at: z.iso.datetime(), request: Request })
export type SavedRequest = z.infer<typeof Request>

const Moment = z.iso.datetime().nullable()
const Proof = z.object({ bridgeAt: Moment, initializeAt: Moment, callAt: Moment })
export type Proof = z.infer<typeof Proof>

const Ledger = z.object({
  version: z.literal(1),
  /** Ledgers that could not be read and lie beside this one under these names. */
  setAside: z.array(z.string()),
  files: z.record(z.string(), FileRecord),
  proof: z.partialRecord(ClientId, Proof),
  /** Changes that are made once their app has quit. */
  waiting: z.partialRecord(ClientId, Waiting).default({}),
  /** When such a change was made, until the app runs again. */
  reopen: z.partialRecord(ClientId, z.iso.datetime()).default({}),
})
export type LedgerData = z.infer<typeof Ledger>

const empty = (): LedgerData => ({ version: 1, setAside: [], files: {}, proof: {}, waiting: {}, reopen: {} })

type Needs = { folder: string; now: () => Date; log: Log; save: (path: string, text: string) => Promise<void> }

/** Remembers what we wrote into whose file. One that cannot be read is kept aside and said, never taken for empty. */
export async function openLedger({ folder, now, log, save }: Needs) {
  const path = join(folder, 'ledger.json')
  let data = await load()
  let saving = Promise.resolve()

  async function load(): Promise<LedgerData> {
    const bytes = await findFile(path)
    if (bytes === null) return empty()
    const parsed = Ledger.safeParse(parseJson(bytes.toString('utf8')))
    if (parsed.success) return parsed.data
    const aside = `ledger.unreadable-${now().toISOString().replaceAll(':', '-')}.json`
    await rename(path, join(folder, aside))
    log.error('ledger.set-aside', { aside })
    const fresh = { ...empty(), setAside: [aside] }
    await save(path, toText(fresh))
    return fresh
  }

  /** Takes the next state; on the disk before it counts. */
  function update(change: (data: LedgerData) => LedgerData) {
    const next = saving.then(async () => {
      const changed = change(data)
      await save(path, toText(changed))
      data = changed
    })
    saving = next.catch(() => {})
    return next
  }

  return { get: () => data, update, idle: () => saving }
}
export type Ledger = Awaited<ReturnType<typeof openLedger>>

const toText = (data: LedgerData) => `${JSON.stringify(data, null, 2)}\n`

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

/** The entries we wrote into one file, as the editing engine knows fields. */
export function entriesOf(record: FileRecord | undefined): Map<ServerId, Field[]> {
  const entries = Object.entries(record?.entries ?? {}) as [ServerId, z.infer<typeof Entry>][]
  return new Map(entries.map(([server, { fields }]) => [server, fieldsOf(fields)]))
}

export const fieldsOf = (fields: z.infer<typeof Written>[]) => fields.map(toField)

const toField = ({ key, value, kept, merged }: z.infer<typeof Written>): Field => ({
  key,
  value: value as Field['value'],
  ...(kept ? { kept } : {}),
  ...(merged ? { merged } : {}),
})
