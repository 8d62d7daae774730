import { createHash } from 'node:crypto'
import { createTwoFilesPatch } from 'diff'
import type { Preview } from '../../shared/contract/clients.ts'
import { ClientId, type ServerId } from '../../shared/ids.ts'
import { Problem } from '../../shared/problems.ts'
import type { WriteAll } from '../lib/atomic-file.ts'
import type { Log } from '../lib/log.ts'
import type { AppRow } from './app-row.ts'
import type { Backups } from './backups.ts'
import {
  type ConfigFile,
  deleteConfig,
  hashOf,
  readConfig,
  refused,
  removeFolders,
  toWriteProblem,
  writeConfig,
} from './config-file.ts'
import { Refusal } from './edit/change.ts'
import { entriesOf, type FileRecord, type Ledger } from './ledger.ts'
import { withLockFolder } from './lock-folder.ts'
import { type Plan, planPut, planRemoval, planRestore, readTail, type WantedEntry } from './plan.ts'

/** One file’s change, worked out but not made. */
export type Job = { row: AppRow; file: ConfigFile; plan: Plan; record: FileRecord | undefined }

type Needs = { ledger: Ledger; backups: Backups; now: () => Date; log: Log; write: WriteAll | undefined }
type PutRequest = { wanted: WantedEntry[]; obsolete: ServerId[]; overwrite: boolean }

/** Names the bytes a change was worked out from and those it leads to: as long as both hold, it is the one shown. */
export const tokenOf = (jobs: Job[]) =>
  createHash('sha256')
    .update(JSON.stringify(jobs.map(({ file, plan }) => [file.path, hashOf(file.bytes), hashOf(plan.bytes)])))
    .digest('hex')

const toText = (bytes: Uint8Array | null) => new TextDecoder().decode(bytes ?? undefined)

function toDiff({ file, plan }: Job) {
  if (plan.bytes === file.bytes) return ''
  const [before, after] = [file.bytes === null ? '/dev/null' : file.path, plan.bytes === null ? '/dev/null' : file.path]
  const patch = createTwoFilesPatch(before, after, toText(file.bytes), toText(plan.bytes), undefined, undefined, {
    context: 3,
  })
  // The library draws a line above for an index that is not there.
  return patch.replace(/^=+\n/, '')
}

export function toPreview(row: AppRow, path: string, jobs: Job[]): Preview {
  return {
    client: ClientId.parse(row.id),
    path,
    newFile: jobs.some(({ file, plan }) => file.bytes === null && plan.bytes !== null),
    diff: jobs.map(toDiff).join(''),
    entries: jobs.flatMap(({ plan }) => plan.results),
    token: tokenOf(jobs),
  }
}

/** Works changes out and makes them: back up, look again, write, read back, remember. */
export function createChanges({ ledger, backups, now, log, write }: Needs) {
  async function workOut(
    row: AppRow,
    path: string,
    plan: (file: ConfigFile, record: FileRecord | undefined) => Plan | Promise<Plan>,
  ): Promise<Job> {
    const file = await readConfig(path)
    const record = ledger.get().files[path]
    try {
      return { row, file, record, plan: await plan(file, record) }
    } catch (error) {
      throw error instanceof Refusal ? refused(path, error) : error
    }
  }

  const planApply = (row: AppRow, path: string, request: PutRequest) =>
    workOut(row, path, ({ bytes }, record) => planPut(bytes, row, { ...request, ours: entriesOf(record) }))

  /** The very bytes of before where nobody but us wrote since; else our entries go and the rest stays. */
  const planUndo = (row: AppRow, path: string) =>
    workOut(row, path, async ({ bytes }, record) => {
      const ours = entriesOf(record)
      const tail = record?.tail ?? undefined
      const untouched = record?.untouched === true && hashOf(bytes) === record.hash
      if (!untouched) return planRemoval(bytes, row, { ours, created: record?.created === true, tail })
      const original = record.original === null ? null : await backups.find(record.client, record.original)
      if (!record.created && original === null) return planRemoval(bytes, row, { ours, created: false, tail })
      const results = [...ours.keys()].map((server) => ({ server, result: 'remove' as const }))
      return { bytes: original, results, entries: new Map() }
    })

  /** One of the dated copies in place of what stands there now. */
  async function planCopy(row: AppRow, { id, path }: { id: string; path: string }, wanted: WantedEntry[]) {
    const copy = await backups.find(ClientId.parse(row.id), id)
    if (copy === null) throw new Problem('clients.no-backup', id)
    return workOut(row, path, ({ bytes }, record) => {
      const plan = planRestore(copy, row, { wanted, ours: entriesOf(record) })
      // The same bytes, so that they compare equal and nothing is written.
      return bytes && Buffer.compare(bytes, copy) === 0 ? { ...plan, bytes } : plan
    })
  }

  async function commit(job: Job, { running }: { running: boolean }) {
    const { row, file, plan } = job
    const client = ClientId.parse(row.id)
    if (plan.bytes === file.bytes) return remember(job, { original: null, folders: [], waiting: false })
    const original = file.bytes && (await backups.keep({ client, path: file.path, bytes: file.bytes }))
    const { folders, after } = await holding(row, file, async () => {
      if (hashOf((await readConfig(file.path)).bytes) !== hashOf(file.bytes)) throw changed(file)
      return { folders: await makeChange(file, plan.bytes), after: await readConfig(file.path) }
    })
    const asWritten = hashOf(after.bytes) === hashOf(plan.bytes)
    if (!asWritten) log.warn('client.wrote-over-us', { client, path: file.path })
    try {
      await remember(job, { original, folders, waiting: running })
    } catch (error) {
      if (asWritten) await takeBack(file, after)
      throw toWriteProblem(file.path, error)
    }
    log.info('client.configured', { client, path: file.path, results: plan.results })
    await backups.prune(client, new Set(Object.values(ledger.get().files).flatMap(({ original: id }) => id ?? [])))
  }

  const holding = <T>({ lockFolder }: AppRow, { target }: ConfigFile, work: () => Promise<T>) =>
    lockFolder ? withLockFolder(target, work) : work()

  const changed = ({ path }: ConfigFile) => new Problem('clients.changed-meanwhile', path)

  async function makeChange(file: ConfigFile, bytes: Uint8Array | null) {
    if (bytes !== null) return writeConfig(file, bytes, write)
    await deleteConfig(file)
    return []
  }

  /** Without the ledger nobody could take our entry out again, so the file goes back to what it was. */
  const takeBack = (file: ConfigFile, after: ConfigFile) =>
    file.bytes === null ? deleteConfig(after) : writeConfig(after, file.bytes)

  type Done = { original: string | null; folders: string[]; waiting: boolean }

  async function remember({ row, file, plan, record }: Job, { original, folders, waiting }: Done) {
    const at = now().toISOString()
    const first = record === undefined
    const entries = Object.fromEntries(
      [...plan.entries].map(([server, fields]) => [server, { fields, at: record?.entries[server]?.at ?? at }]),
    )
    const next: FileRecord = {
      client: ClientId.parse(row.id),
      original: first ? original : record.original,
      created: first ? file.bytes === null : record.created,
      folders: first ? folders : [...record.folders, ...folders],
      tail: first ? readTail(file.bytes) : record.tail,
      hash: hashOf(plan.bytes),
      // Adopting an entry that was there already means the file of before had it too: there is nothing to give back.
      untouched: first ? plan.bytes !== file.bytes : record.untouched && hashOf(file.bytes) === record.hash,
      waitingSince: waiting ? at : (record?.waitingSince ?? null),
      entries: entries as FileRecord['entries'],
      repairs: record?.repairs ?? [],
    }
    const gone = plan.entries.size === 0
    if (gone && first) return
    await ledger.update((data) => {
      const { [file.path]: _, ...others } = data.files
      return { ...data, files: gone ? others : { ...others, [file.path]: next } }
    })
    if (gone && plan.bytes === null) await removeFolders(record?.folders ?? [])
  }

  return { planApply, planUndo, planCopy, commit }
}
export type Changes = ReturnType<typeof createChanges>
