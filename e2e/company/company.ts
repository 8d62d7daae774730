import { randomBytes } from 'node:crypto'
import express, { type RequestHandler } from 'express'
import { createAccess } from './access.ts'
import { catalogDocument, companyDocument, groupsOf, type Origins, resourcesOf, welcomePage } from './documents.ts'
import { behindGateway, createGateway } from './gateway.ts'
import { pageHeaders } from './page.ts'
import { createPart } from './part.ts'
import { companyAudience, createPeople } from './people.ts'
import { badDay, createFlaky } from './servers/flaky.ts'
import { createGithub } from './servers/github.ts'
import { createIam } from './servers/iam.ts'
import { createPackages } from './servers/packages.ts'
import { createPdf } from './servers/pdf.ts'
import { createPolicies } from './servers/policies.ts'
import { createSentry } from './servers/sentry.ts'
import { createSso, type Lifetimes } from './sso/sso.ts'

export type CompanyOptions = {
  /** Port of the company's address; the parts take the ports after it. Any free ports when absent or 0. */
  port?: number
  lifetimes?: Partial<Lifetimes>
  /** Servers refuse the company-wide token and want one made for them (`resource`). */
  ownAudienceOnly?: boolean
  /** Lets the flaky server have its bad day from the start. */
  badDay?: boolean
}

export type Company = Awaited<ReturnType<typeof startCompany>>

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
  const { port = 0, ownAudienceOnly = false } = options
  const people = createPeople()
  const portOf = (index: number) => (port === 0 ? 0 : port + index)
  const open: { close: () => Promise<void> }[] = []
  const start = async <T extends { close: () => Promise<void> }>(part: Promise<T>) => {
    const started = await part
    open.push(started)
    return started
  }
  const close = async () => void (await Promise.all(open.map((part) => part.close())))
  const startPart = (name: (typeof partNames)[number]) =>
    start(createPart(name, { port: portOf(partNames.indexOf(name)) }))

  try {
    const sso = await start(
      createSso({
        name: 'sso',
        port: portOf(partNames.indexOf('sso')),
        people,
        defaultResource: () => companyAudience,
        resources: () => [companyAudience, ...Object.values(resources)],
        ...(options.lifetimes ? { lifetimes: options.lifetimes } : {}),
      }),
    )
    const website = await startPart('website')
    const gateway = await startPart('gateway')
    const backends = { github: await startPart('github'), sentry: await startPart('sentry') }
    const [pdfPart, iamPart, packagesPart, policiesPart, flakyPart] = [
      await startPart('pdf'),
      await startPart('iam'),
      await startPart('packages'),
      await startPart('policies'),
      await startPart('flaky'),
    ]
    const origins: Origins = {
      gateway: gateway.origin,
      pdf: pdfPart.origin,
      iam: iamPart.origin,
      packages: packagesPart.origin,
      policies: policiesPart.origin,
      flaky: flakyPart.origin,
    }
    const resources = resourcesOf(origins)
    const access = createAccess(sso)
    const gatewaySecret = randomBytes(16).toString('hex')

    const github = createGithub({ identify: behindGateway(gatewaySecret) })
    const sentry = createSentry({ identify: behindGateway(gatewaySecret) })
    backends.github.serve(github.app)
    backends.sentry.serve(sentry.app)
    const route = (id: 'github' | 'sentry') => ({
      id,
      target: `${backends[id].origin}/mcp`,
      health: `${backends[id].origin}/health`,
      groups: groupsOf[id],
    })
    gateway.serve(
      createGateway({
        access,
        routes: [route('github'), route('sentry')],
        secret: gatewaySecret,
        origin: gateway.origin,
        ownAudienceOnly,
      }),
    )

    const guard = (resource: string, groups?: string[]): RequestHandler =>
      access.guard({ resource, ownAudienceOnly, ...(groups ? { groups } : {}) })
    const pdf = createPdf({ identify: guard(resources.pdf) })
    const iam = createIam({ identify: guard(resources.iam, groupsOf.iam), people })
    const packages = createPackages()
    const policies = createPolicies({ identify: guard(resources.policies) })
    const flaky = createFlaky({ identify: guard(resources.flaky) })
    if (options.badDay) flaky.play(badDay)
    pdfPart.serve(access.withMetadata(resources.pdf, pdf.app))
    iamPart.serve(access.withMetadata(resources.iam, iam.app))
    packagesPart.serve(packages.app)
    policiesPart.serve(access.withMetadata(resources.policies, policies.app))
    flakyPart.serve(access.withMetadata(resources.flaky, flaky.app))

    const address = website.origin
    const catalog = catalogDocument(origins)
    website.serve(createWebsite({ address, issuer: sso.issuer, catalog, people }))

    return {
      address,
      issuer: sso.issuer,
      people,
      resources,
      catalog,
      sso,
      /** Every HTTP server by name, to watch, break, stop and start. */
      parts: {
        website,
        sso: sso.part,
        gateway,
        ...backends,
        pdf: pdfPart,
        iam: iamPart,
        packages: packagesPart,
        policies: policiesPart,
        flaky: flakyPart,
      },
      servers: { github, sentry, pdf, iam, packages, policies, flaky },
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

type Website = {
  address: string
  issuer: string
  catalog: ReturnType<typeof catalogDocument>
  people: ReturnType<typeof createPeople>
}

function createWebsite({ address, issuer, catalog, people }: Website) {
  const app = express()
  app.disable('x-powered-by')
  app.get('/.well-known/causeway.json', (_req, res) => void res.json(companyDocument({ address, issuer })))
  app.get('/catalog.json', (_req, res) => void res.json(catalog))
  app.get('/health', (_req, res) => void res.json({ status: 'ok', service: 'website' }))
  app.get('/', (_req, res) => void res.set(pageHeaders).send(welcomePage({ address, people, catalog })))
  return app
}
