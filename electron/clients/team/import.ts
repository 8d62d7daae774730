import { mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { Problem } from '../../../shared/problems.ts'
import { TeamFile, type TeamServer } from '../../../shared/team-file.ts'
import { parseToml } from '../client-policy/sources.ts'
import { readConfig, writeConfig } from '../config-file.ts'
import { type Field, isTable, Refusal, type Table, toReason } from '../edit/change.ts'
import { editEntry, isSame } from '../edit/edit-entry.ts'
import { readJson } from '../edit/json.ts'
import { decode } from '../edit/text.ts'
import { formats } from '../formats.ts'
import { type Entries, entriesIn, lockText, readLock, writeLock } from './lock.ts'
import { findKind, findLeaks } from './secrets.ts'
import { type Target, targets } from './targets.ts'
import { findRoot, refuseLeaks, sourcePath } from './team-source.ts'

export type ImportResult = { path: string; added: { name: string; from: string }[]; notes: string[] }

/**
 * Takes the servers that stand in a project's client files into its team file. A secret is refused, two files that
 * disagree are told, and a server the team file has already stays as it is there.
 */
export async function importTeam({ folder }: { folder: string }): Promise<ImportResult> {
  const root = (await findRoot(folder)) ?? folder
  const path = join(root, sourcePath)
  const source = await readConfig(path)
  const notes: string[] = []
  const adopted: Record<string, Entries> = {}
  const found = new Map<string, { server: TeamServer; from: string }>()
  for (const target of targets) {
    for (const { name, server, fields } of await readTarget(root, target, notes)) {
      adopted[target.path] = { ...adopted[target.path], [name]: fields }
      const before = found.get(name)
      if (before && !isSame(before.server, server))
        throw new Problem('team.import-differs', `${name} in ${before.from} and ${target.path}`)
      if (!before) found.set(name, { server, from: target.path })
    }
  }
  let text = source.bytes === null ? '{\n  "version": 1,\n  "servers": {}\n}\n' : decode(source.bytes).text
  const added: ImportResult['added'] = []
  for (const [name, { server, from }] of found) {
    const outcome = editEntry(
      text,
      { format: formats.jsonc, place: { container: ['servers'], kind: 'map', name } },
      {
        ...{ op: 'put', previous: null, onDrift: 'report' },
        wanted: toFields(server),
      },
    )
    if (outcome.result === 'refused') throw new Problem('team.unreadable', `${path}: ${toReason(outcome)}`)
    if (outcome.result === 'conflict') notes.push(`${name} stands in the team file already and stays as it is there`)
    if (outcome.result !== 'written') continue
    text = outcome.text
    added.push({ name, from })
  }
  if (added.length > 0) {
    await mkdir(dirname(source.target), { recursive: true })
    await writeConfig({ ...source, mode: source.mode ?? 0o644 }, Buffer.from(text))
    await adopt(root, adopted, new Set(added.map(({ name }) => name)))
  }
  return { path, added, notes }
}

/** What was taken is the team's from now on: the next run may write it in its own way. */
async function adopt(root: string, found: Record<string, Entries>, names: ReadonlySet<string>) {
  const { path, lock } = await readLock(root)
  const files = Object.fromEntries(
    targets.map((target) => {
      const taken = Object.entries(found[target.path] ?? {}).filter(([name]) => names.has(name))
      return [target.path, { ...entriesIn(lock, target.path), ...Object.fromEntries(taken) }]
    }),
  )
  await writeLock(path, lockText(files))
}

const toFields = (server: TeamServer): Field[] =>
  Object.entries(server).map(([key, value]) => ({ key, value: value as Field['value'] }))

async function readTarget(root: string, target: Target, notes: string[]) {
  const path = join(root, ...target.path.split('/'))
  const { bytes } = await readConfig(path)
  if (bytes === null) return []
  const data = parse(target, bytes)
  const container = data[target.container]
  if (!isTable(container)) return []
  return Object.entries(container).flatMap(([name, entry]) => {
    const server = isTable(entry) ? toServer(entry) : null
    const checked = server && TeamFile.safeParse({ version: 1, servers: { [name]: server } })
    const result = checked?.success ? checked.data.servers[name] : undefined
    if (result) return [{ name, server: result, fields: written(entry as Table) }]
    notes.push(
      `${target.path}: ${name} is left out: ${checked ? checked.error?.issues[0]?.message : 'it names no command and no address'}`,
    )
    return []
  })
}

const known = new Set(['type', 'command', 'args', 'env', 'env_vars', 'cwd', 'url', 'headers'])
const codexOnly = ['http_headers', 'env_http_headers', 'bearer_token_env_var']

/** The fields a run writes, as they stand; any other, such as `disabled`, is the project's own and stays. */
const written = (entry: Table): Field[] =>
  Object.entries(entry).flatMap(([key, value]) => {
    if (!known.has(key) && !codexOnly.includes(key)) return []
    return [{ key, value, ...(isTable(value) ? { merged: true } : {}) }]
  })

function parse({ path, format }: Target, bytes: Uint8Array): Table {
  try {
    const { text } = decode(bytes)
    if (format === 'toml') return refuseTomlLeaks(path, text)
    refuseLeaks(path, findLeaks(text))
    const value = readJson(text, { comments: format !== 'json', trailingCommas: format === 'jsonc' })
    return isTable(value) ? value : {}
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    throw new Problem(
      'clients.unreadable',
      `${path}: ${error.line === null ? '' : `line ${error.line}: `}${toReason(error)}`,
      { cause: error },
    )
  }
}

/** Lines of TOML as they are: a secret in a comment is one too. */
function refuseTomlLeaks(path: string, text: string): Table {
  const leaks = text.split(/\r\n|\n/).flatMap((line, index) => {
    const kind = findKind('', line)
    return kind ? [{ line: index + 1, key: /^\s*([\w.-]+)\s*=/.exec(line)?.[1] ?? '…', kind }] : []
  })
  refuseLeaks(path, leaks)
  const value = formats.toml.parse(text, { container: [], kind: 'map', name: '' }) && parseToml(text)
  return isTable(value) ? value : {}
}

/** A client's words back into the team's: variables lose their client's spelling, Codex' lists of names become variables. */
function toServer(entry: Table): object | null {
  const text = (value: unknown) =>
    typeof value === 'string' ? value.replace(/\$\{env:([A-Za-z_]\w*)\}/g, '${$1}') : undefined
  const map = (value: unknown) =>
    isTable(value)
      ? Object.fromEntries(Object.entries(value).map(([key, item]) => [key, text(item) ?? String(item)]))
      : {}
  const command = text(entry.command)
  const url = text(entry.url) ?? text(entry.httpUrl) ?? text(entry.serverUrl)
  if (command !== undefined) {
    const passed = Array.isArray(entry.env_vars) ? entry.env_vars.filter((name) => typeof name === 'string') : []
    const env = { ...map(entry.env), ...Object.fromEntries(passed.map((name) => [name, `\${${name}}`])) }
    const args = Array.isArray(entry.args) ? entry.args.map((item) => text(item) ?? String(item)) : []
    const cwd = text(entry.cwd)
    return {
      command,
      ...(args.length > 0 ? { args } : {}),
      ...(Object.keys(env).length > 0 ? { env } : {}),
      ...(cwd === undefined ? {} : { cwd }),
    }
  }
  if (url === undefined) return null
  const token = text(entry.bearer_token_env_var)
  const named = Object.entries(map(entry.env_http_headers)).map(([key, name]) => [key, `\${${name}}`])
  const headers = {
    ...map(entry.headers),
    ...map(entry.http_headers),
    ...(token === undefined ? {} : { Authorization: `Bearer \${${token}}` }),
    ...Object.fromEntries(named),
  }
  const sse = entry.type === 'sse'
  return { ...(sse ? { type: 'sse' } : {}), url, ...(Object.keys(headers).length > 0 ? { headers } : {}) }
}
