import { createApp } from './app.ts'
import { catalogDocument, companyDocument, resourcesOf, welcomePage } from './documents.ts'
import { pageHeaders } from './page.ts'
import { createPart, type StartedPart } from './part.ts'
import { startPartner } from './partner.ts'
import { companyAudience, createPeople } from './people.ts'
import { badDay } from './servers/flaky.ts'
import { createServers } from './servers.ts'
import { clientId, type Lifetimes } from './sso/configuration.ts'
import { createSso } from './sso/sso.ts'

export type CompanyOptions = {
  /** Port of the company's address; the parts take the ports after it. Any free ports when absent or 0. */
  port?: number
  lifetimes?: Partial<Lifetimes>
  /** Servers refuse the company-wide token and want one made for them (`resource`). */
  ownAudienceOnly?: boolean
  /** Adds the partner and its authorization server: `wiki` (`mcp-oauth`) and `tides` (`id-jag`, for engineering). */
  partner?: boolean
  /** Lets the flaky server have its bad day from the start. */
  badDay?: boolean
}

export type Company = Awaited<ReturnType<typeof startCompany>>

/** In the order of their ports, when the first one is given. */
const partNames = [
  'website',
  'sso',
  'gateway',
  'github',
  'sentry',
  'pdf',
  'iam',
  'packages',
  'policies',
  'flaky',
] as const

/** A whole company on loopback in this process. `close` leaves nothing behind. */
export async function startCompany(options: CompanyOptions = {}) {
  const parts = await startParts(options.port ?? 0)
  const people = createPeople()
  const resources = resourcesOf(parts)
  const sso = await createSso({
    part: parts.sso,
    people,
    resources: [companyAudience, ...Object.values(resources)],
    ...(options.lifetimes ? { lifetimes: options.lifetimes } : {}),
  })
  const { ownAudienceOnly = false } = options
  const servers = createServers({ parts, sso, people, resources, ownAudienceOnly })
  if (options.badDay) servers.flaky.play(badDay)
  const partner = options.partner ? await startPartner({ company: sso.issuer }) : null
  if (partner) sso.vouchesFor.set(partner.sso.issuer, { groups: ['engineering'], clientId })

  const address = parts.website.origin
  const catalog = catalogDocument(parts)
  if (partner) catalog.servers.push(partner.entry, partner.tidesEntry)
  const website = createApp(() => ({ status: 'ok', service: 'website' }))
  website.get('/.well-known/causeway.json', (_req, res) => void res.json(companyDocument({ address, ...sso })))
  website.get('/catalog.json', (_req, res) => void res.json(catalog))
  website.get('/', (_req, res) => void res.set(pageHeaders).send(welcomePage({ address, people, catalog })))
  parts.website.serve(website)

  return {
    address,
    issuer: sso.issuer,
    people,
    /** What each SSO server is called in tokens: its URL. */
    resources,
    catalog,
    sso,
    /** Every HTTP server by name, to watch, break, stop and start. */
    parts,
    /** Handles of the MCP servers: sessions, scripts, keys. */
    servers,
    partner,
    async close() {
      await Promise.all([servers.policies.close(), partner?.close(), closeAll(Object.values(parts))])
    },
  }
}

const closeAll = (parts: StartedPart[]) => Promise.all(parts.map((part) => part.close()))

async function startParts(firstPort: number) {
  const started: StartedPart[] = []
  try {
    for (const [index, name] of partNames.entries())
      started.push(await createPart(name, { port: firstPort === 0 ? 0 : firstPort + index }))
  } catch (error) {
    await closeAll(started)
    throw error
  }
  return Object.fromEntries(started.map((part) => [part.name, part])) as Record<(typeof partNames)[number], StartedPart>
}
