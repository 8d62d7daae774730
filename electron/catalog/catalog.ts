import { join } from 'node:path'
import type { Account } from '../../shared/contract/auth.ts'
import type { CatalogServer, CatalogState } from '../../shared/contract/catalog.ts'
import type { ServerId } from '../../shared/ids.ts'
import { Problem, type ProblemData, toProblem } from '../../shared/problems.ts'
import { CatalogDocument, type ServerConfig } from '../../shared/server-config.ts'
import { createCachedDocument } from '../lib/cached-document.ts'
import { DocumentError, fetchDocument } from '../lib/fetch-document.ts'
import type { Log } from '../lib/log.ts'
import { createSignal } from '../lib/signal.ts'

type Needs = {
  /** Where the company publishes its servers; null before a company is joined. */
  catalogUrl: () => string | null
  account: () => Account | null
  cacheFolder: string
  fetch: typeof globalThis.fetch
  now: () => Date
  log: Log
}
type Found = { config: ServerConfig; allowed: boolean }

/** Knows which servers exist and which of them this person may use. An unreadable catalog never empties the list. */
export function createCatalog({ catalogUrl, account, cacheFolder, fetch, now, log }: Needs) {
  const cache = createCachedDocument({ path: join(cacheFolder, 'catalog.json'), schema: CatalogDocument, log })
  const changed = createSignal<CatalogState>()
  let source: string | null = null
  let configs: ServerConfig[] = []
  let fetchedAt: string | null = null
  let stale = false
  let problem: ProblemData | null = null
  let latest = 0

  const snapshot = (): CatalogState => ({
    servers: configs.map((config) => toCatalogServer(config, isAllowed(config, account()))),
    fetchedAt,
    stale,
    problem,
  })
  const tell = () => changed.emit(snapshot())

  async function refresh(): Promise<CatalogState> {
    const url = catalogUrl()
    const turn = ++latest
    if (url !== source) await startFrom(url)
    if (url && turn === latest) await update(url, turn)
    return snapshot()
  }

  /** Another company: its last good copy, or nothing. */
  async function startFrom(url: string | null) {
    const kept = url ? await cache.find(url) : null
    if (url !== catalogUrl()) return
    source = url
    configs = kept?.document.servers ?? []
    fetchedAt = kept?.fetchedAt ?? null
    stale = kept !== null
    problem = null
    tell()
  }

  async function update(url: string, turn: number) {
    try {
      const document = await fetchDocument(url, { schema: CatalogDocument, fetch })
      refuseDuplicates(document)
      const at = now().toISOString()
      await cache.keep({ source: url, fetchedAt: at, document })
      if (turn !== latest) return
      configs = document.servers
      fetchedAt = at
      stale = false
      problem = null
    } catch (error) {
      if (turn !== latest) return
      log.warn('catalog.not-read', { url, error })
      stale = fetchedAt !== null
      problem = toCatalogProblem(error)
    }
    tell()
  }

  function find(id: string): Found | undefined {
    const config = configs.find((each) => each.id === id)
    return config && { config, allowed: isAllowed(config, account()) }
  }

  /** Groups decide what is allowed, so a change of account is a change of the list. */
  const accountChanged = tell
  const allowed = () => configs.filter((config) => isAllowed(config, account()))

  return { snapshot, refresh, find, all: () => configs, allowed, accountChanged, changed: changed.on }
}

function isAllowed({ groups }: ServerConfig, account: Account | null) {
  if (!groups) return true
  return account !== null && groups.some((group) => account.groups.includes(group))
}

function toCatalogServer(config: ServerConfig, allowed: boolean): CatalogServer {
  return {
    id: config.id,
    name: config.name,
    description: config.description ?? null,
    origin: 'company',
    transport: config.endpoint.transport,
    auth: config.auth.kind,
    address: toAddressText(config.endpoint),
    allowed,
    groups: config.groups ?? [],
  }
}

function toAddressText(endpoint: ServerConfig['endpoint']) {
  if (endpoint.transport === 'stdio') return [endpoint.command, ...endpoint.args].join(' ')
  return endpoint.transport === 'sse-split' ? endpoint.streamUrl : endpoint.url
}

function refuseDuplicates({ servers }: CatalogDocument) {
  const seen = new Set<ServerId>()
  for (const { id } of servers) {
    if (seen.has(id)) throw new DocumentError('body', `the catalog names “${id}” twice`)
    seen.add(id)
  }
}

function toCatalogProblem(error: unknown) {
  if (!(error instanceof DocumentError)) return toProblem(error)
  return new Problem(error.kind === 'body' ? 'catalog.invalid' : 'catalog.unreachable', error.message).data
}
