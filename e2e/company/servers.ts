import { randomBytes } from 'node:crypto'
import { createAccess } from './access.ts'
import { groupsOf, type Resources } from './documents.ts'
import { behindGateway, createGateway } from './gateway.ts'
import type { StartedPart } from './part.ts'
import type { Person } from './people.ts'
import { createFlaky } from './servers/flaky.ts'
import { createGithub } from './servers/github.ts'
import { createIam } from './servers/iam.ts'
import { createPackages } from './servers/packages.ts'
import { createPdf } from './servers/pdf.ts'
import { createPolicies } from './servers/policies.ts'
import { createSentry } from './servers/sentry.ts'
import type { Sso } from './sso/sso.ts'

type PartName = 'gateway' | 'github' | 'sentry' | 'pdf' | 'iam' | 'packages' | 'policies' | 'flaky'
type Needs = {
  parts: Record<PartName, StartedPart>
  sso: Sso
  people: Person[]
  resources: Resources
  ownAudienceOnly: boolean
}

/** Puts every MCP server on its port, each behind its own rule of who may come in. */
export function createServers({ parts, sso, people, resources, ownAudienceOnly }: Needs) {
  const access = createAccess(sso)
  const guard = (id: keyof Resources, groups?: string[]) =>
    access.guard({ resource: resources[id], ownAudienceOnly, ...(groups ? { groups } : {}) })

  const secret = randomBytes(16).toString('hex')
  const github = createGithub({ identify: behindGateway(secret) })
  const sentry = createSentry({ identify: behindGateway(secret) })
  parts.github.serve(github.app)
  parts.sentry.serve(sentry.app)
  const routes = (['github', 'sentry'] as const).map((id) => ({
    id,
    target: `${parts[id].origin}/mcp`,
    health: `${parts[id].origin}/health`,
    guard: guard(id, groupsOf[id]),
    resource: resources[id],
  }))
  parts.gateway.serve(createGateway({ access, routes, secret }))

  const pdf = createPdf({ identify: guard('pdf') })
  const iam = createIam({ identify: guard('iam', groupsOf.iam), people })
  const policies = createPolicies({ identify: guard('policies') })
  const flaky = createFlaky({ identify: guard('flaky') })
  for (const [id, { app }] of Object.entries({ pdf, iam, policies, flaky }) as [keyof Resources, typeof pdf][])
    parts[id].serve(access.withMetadata(resources[id], app))

  const packages = createPackages()
  parts.packages.serve(packages.app)
  return { github, sentry, pdf, iam, packages, policies, flaky }
}
