import { z } from 'zod'
import { createAccess } from './access.ts'
import { createStreamable } from './mcp/streamable.ts'
import { tool } from './mcp/tool.ts'
import { createPart } from './part.ts'
import { createPeople } from './people.ts'
import { clientId } from './sso/configuration.ts'
import { createSso } from './sso/sso.ts'

const pages = [
  { id: 'berths', title: 'Berth plan', text: 'Trucks over 12 m use berth 4. Arrive 40 minutes before the ferry.' },
  { id: 'contacts', title: 'Contacts', text: 'The gate answers at any hour; customs from 7 to 19.' },
]

const tides = [
  { harbour: 'North basin', high: '04:12', low: '10:31' },
  { harbour: 'South basin', high: '04:40', low: '10:58' },
]

type Options = {
  /** Issuer of the company whose word for its people counts here. */
  company: string
}

/**
 * A port authority the company works with. Its servers trust its own authorization server only. To the wiki people come
 * with accounts of their own, and apps register themselves (RFC 9728, 8414 and 7591); to the tide tables those the
 * company vouches for come without another sign-in (ID-JAG).
 */
export async function startPartner({ company }: Options) {
  const people = createPeople().map((person) => ({ ...person, id: `guest-${person.id}`, groups: ['guests'] }))
  const part = await createPart('wiki')
  const ssoPart = await createPart('partner')
  const tidesPart = await createPart('tides')
  const resource = `${part.origin}/mcp`
  const tidesResource = `${tidesPart.origin}/mcp`
  const resources = [resource, tidesResource]
  const sso = await createSso({ part: ssoPart, people, resources, registration: true, trusts: [company] })
  const access = createAccess(sso)
  const wiki = createStreamable({
    info: { name: 'wiki', title: 'Port wiki', version: '5.2.0' },
    identify: access.guard({ resource, ownAudienceOnly: true }),
    tools: [
      tool({
        name: 'search_pages',
        title: 'Search pages',
        description: 'Finds pages that contain the words.',
        input: z.object({ query: z.string().default('') }),
        run: ({ query }) =>
          pages.filter(({ title, text }) => `${title} ${text}`.toLowerCase().includes(query.toLowerCase())),
      }),
    ],
  })
  part.serve(access.withMetadata(resource, wiki.app))
  const tideTables = createStreamable({
    info: { name: 'tides', title: 'Tide tables', version: '1.4.0' },
    identify: access.guard({ resource: tidesResource, ownAudienceOnly: true }),
    tools: [
      tool({
        name: 'get_tides',
        title: 'Get the tides',
        description: 'High and low water of today.',
        input: z.object({ harbour: z.string().default('') }),
        run: ({ harbour }) => tides.filter((one) => one.harbour.toLowerCase().includes(harbour.toLowerCase())),
      }),
    ],
  })
  tidesPart.serve(access.withMetadata(tidesResource, tideTables.app))
  return {
    sso,
    part,
    tidesPart,
    wiki,
    close: () => Promise.all([part.close(), tidesPart.close(), ssoPart.close()]),
    entry: {
      id: 'wiki',
      name: 'Port wiki',
      description: 'Berths and contacts at the port; a sign-in of its own',
      endpoint: { transport: 'http' as const, url: resource },
      auth: { kind: 'mcp-oauth' as const },
      healthUrl: `${part.origin}/health`,
    },
    tidesEntry: {
      id: 'tides',
      name: 'Tide tables',
      description: 'High and low water at the port; our company vouches for you',
      endpoint: { transport: 'http' as const, url: tidesResource },
      auth: { kind: 'id-jag' as const, clientId, issuer: sso.issuer, scope: 'mcp' },
      healthUrl: `${tidesPart.origin}/health`,
    },
  }
}
