import { fileURLToPath } from 'node:url'
import type { z } from 'zod'
import type { CatalogDocument, CompanyDocument } from '../../shared/server-config.ts'
import { escapeHtml, renderPage } from './page.ts'
import { companyName, type Person } from './people.ts'
import { packageKeys } from './servers/packages.ts'
import { clientId, scopes } from './sso/configuration.ts'

/** The HTTP servers whose addresses the documents name. */
type Parts = Record<'gateway' | 'pdf' | 'iam' | 'packages' | 'policies' | 'flaky', { origin: string }>
export type Resources = ReturnType<typeof resourcesOf>
type Catalog = z.input<typeof CatalogDocument>

export const companyDocument = ({
  address,
  issuer,
}: {
  address: string
  issuer: string
}): z.input<typeof CompanyDocument> => ({
  version: 1,
  name: companyName,
  supportUrl: `${address}/`,
  // Without prompt=consent this SSO gives no refresh token (OpenID Connect Core §11).
  sso: { issuer, clientId, scopes, extraAuthorizeParams: { prompt: 'consent' } },
  catalogUrl: `${address}/catalog.json`,
})

/** What each server is called by its clients: the `resource` of RFC 9728 and the audience of its tokens. */
export const resourcesOf = (parts: Parts) => ({
  github: `${parts.gateway.origin}/mcp/github/`,
  sentry: `${parts.gateway.origin}/mcp/sentry/`,
  pdf: `${parts.pdf.origin}/`,
  iam: `${parts.iam.origin}/sse`,
  policies: `${parts.policies.origin}/mcp`,
  flaky: `${parts.flaky.origin}/mcp`,
})

export const groupsOf = {
  github: ['engineering'],
  sentry: ['engineering', 'support'],
  iam: ['admins'],
  packages: ['engineering'],
  database: ['engineering'],
} satisfies Record<string, string[]>

export function catalogDocument(parts: Parts): Catalog {
  const resources = resourcesOf(parts)
  return {
    version: 1,
    servers: [
      {
        id: 'github',
        name: 'GitHub',
        description: 'Issues of our repositories',
        endpoint: { transport: 'http', url: resources.github },
        auth: { kind: 'sso' },
        healthUrl: `${parts.gateway.origin}/health/github`,
        groups: groupsOf.github,
      },
      {
        id: 'sentry',
        name: 'Sentry',
        description: 'Errors of our apps',
        endpoint: { transport: 'http', url: resources.sentry },
        auth: { kind: 'sso', resource: resources.sentry },
        healthUrl: `${parts.gateway.origin}/health/sentry`,
        groups: groupsOf.sentry,
      },
      {
        id: 'pdf',
        name: 'PDF tools',
        description: 'Reads the PDF files on the shared drive',
        endpoint: {
          transport: 'sse-split',
          streamUrl: `${parts.pdf.origin}/events`,
          messageUrl: `${parts.pdf.origin}/rpc`,
        },
        auth: { kind: 'sso' },
        healthUrl: `${parts.pdf.origin}/health`,
      },
      {
        id: 'iam',
        name: 'Identity and access',
        description: 'Who may do what; for admins',
        endpoint: { transport: 'sse', url: resources.iam },
        auth: { kind: 'sso' },
        healthUrl: `${parts.iam.origin}/health`,
        groups: groupsOf.iam,
      },
      {
        id: 'packages',
        name: 'Packages',
        description: 'Our package registry; needs an API key',
        endpoint: { transport: 'http', url: `${parts.packages.origin}/mcp` },
        auth: { kind: 'api-key', header: 'X-API-Key' },
        healthUrl: `${parts.packages.origin}/health`,
        groups: groupsOf.packages,
      },
      {
        id: 'database',
        name: 'Shipments database',
        description: 'Read-only SQL, run on this machine',
        endpoint: {
          transport: 'stdio',
          command: process.execPath,
          args: [
            '--disable-warning=ExperimentalWarning',
            fileURLToPath(new URL('servers/database.ts', import.meta.url)),
          ],
        },
        groups: groupsOf.database,
      },
      {
        id: 'policies',
        name: 'Company policies',
        description: 'The staff handbook',
        endpoint: { transport: 'auto', url: resources.policies },
        auth: { kind: 'sso' },
        healthUrl: `${parts.policies.origin}/health`,
      },
      {
        id: 'flaky',
        name: 'Warehouse sensors',
        description: 'Temperatures over a bad line',
        endpoint: { transport: 'http', url: resources.flaky },
        auth: { kind: 'sso' },
        healthUrl: `${parts.flaky.origin}/health`,
      },
    ],
  }
}

/** The page a newcomer finds at the company's address: who works here, what there is, which keys to use. */
export function welcomePage({ address, people, catalog }: { address: string; people: Person[]; catalog: Catalog }) {
  const row = (...cells: string[]) => `<tr>${cells.map((cell) => `<td>${cell}</td>`).join('')}</tr>`
  const rows = people.map(({ name, job, groups }) => row(escapeHtml(name), escapeHtml(job), groups.join(', ')))
  const servers = catalog.servers.map(({ id, name, description = '', endpoint, groups }) =>
    row(
      `<code>${id}</code>`,
      `${escapeHtml(name)}<br><small>${escapeHtml(description)}</small>`,
      endpoint.transport,
      groups?.join(', ') ?? 'everyone',
    ),
  )
  return renderPage({
    title: 'A company to try things with',
    wide: true,
    body: `<p>This company lives in one process on your machine. Give the app its address: <code>${address}</code></p>
<h2>People</h2><table><thead><tr><th>Name</th><th>Job</th><th>Groups</th></tr></thead><tbody>${rows.join('')}</tbody></table>
<h2>Servers</h2><table><thead><tr><th>Id</th><th>Server</th><th>Transport</th><th>For</th></tr></thead><tbody>${servers.join('')}</tbody></table>
<h2>API keys of the package registry</h2><p><code>${packageKeys.user}</code> may search, <code>${packageKeys.admin}</code> may also publish.</p>`,
  })
}
