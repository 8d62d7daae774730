import { join } from 'node:path'
import { Problem, type ProblemData, toProblem } from '../../shared/problems.ts'
import { CompanyDocument } from '../../shared/server-config.ts'
import { createCachedDocument } from '../lib/cached-document.ts'
import { DocumentError, fetchDocument } from '../lib/fetch-document.ts'
import type { Log } from '../lib/log.ts'
import { createSignal } from '../lib/signal.ts'
import { toAddress, wellKnown } from './address.ts'

export type Company = { address: string; document: CompanyDocument }

type Needs = {
  /** The address the person or IT chose (a Problem where IT’s choice cannot be read), and where a new one is kept. */
  settings: { company: () => string | null; setCompany: (address: string | null) => void }
  cacheFolder: string
  fetch: typeof globalThis.fetch
  now: () => Date
  log: Log
}

/** Knows which company this app belongs to: its name, its SSO, where its catalog lies. Starts offline from the last copy. */
export function createCompany({ settings, cacheFolder, fetch, now, log }: Needs) {
  const cache = createCachedDocument({ path: join(cacheFolder, 'company.json'), schema: CompanyDocument, log })
  const changed = createSignal<Company | null>()
  let current: Company | null = null
  let problem: ProblemData | null = null
  let latest = 0
  const known = Promise.withResolvers<void>()

  async function read(address: string): Promise<Company> {
    try {
      const document = await fetchDocument(wellKnown(address), { schema: CompanyDocument, fetch })
      await cache.keep({ source: address, fetchedAt: now().toISOString(), document })
      return { address, document }
    } catch (error) {
      if (!(error instanceof DocumentError)) throw error
      const code = error.kind === 'body' ? 'app.company-invalid' : 'app.company-unreachable'
      throw new Problem(code, error.message, { cause: error })
    }
  }

  function become(company: Company | null, because: ProblemData | null) {
    current = company
    problem = because
    known.resolve()
    changed.emit(current)
  }

  /** No address and a reason where somebody chose one that cannot be read. */
  function findAddress(): { address: string | null; because: ProblemData | null } {
    try {
      const chosen = settings.company()
      return { address: chosen && toAddress(chosen), because: null }
    } catch (error) {
      return { address: null, because: toProblem(error) }
    }
  }

  /** At start and on demand: the network's copy, else the last good one with the reason why it is not fresh. */
  async function refresh() {
    const turn = ++latest
    const { address, because } = findAddress()
    if (!address) return become(null, because)
    const kept = current?.address === address ? current : await findKept(address)
    if (kept && turn === latest) become(kept, problem)
    try {
      const fresh = await read(address)
      if (turn === latest) become(fresh, null)
    } catch (error) {
      log.warn('company.not-read', { address, error })
      if (turn === latest) become(kept, toProblem(error))
    }
  }

  async function findKept(address: string): Promise<Company | null> {
    const kept = await cache.find(address)
    return kept && { address, document: kept.document }
  }

  /** Joins a company. The old one stays when the new address does not answer as one. */
  async function joinCompany(text: string) {
    const address = toAddress(text)
    const turn = ++latest
    const company = await read(address)
    if (turn !== latest) return
    settings.setCompany(address)
    log.info('company.joined', { address, name: company.document.name })
    become(company, null)
  }

  return {
    current: () => current,
    /** True once there is an address, also while nothing could be read from it yet. */
    isChosen: () => {
      const { address, because } = findAddress()
      return address !== null || because !== null
    },
    problem: () => problem,
    /** Settles once `current` says something: a company, if only by the copy of last time, or that there is none. */
    known: known.promise,
    refresh,
    join: joinCompany,
    changed: changed.on,
  }
}
