import { z } from 'zod'
import { createAccess } from './access.ts'
import { createStreamable } from './mcp/streamable.ts'
import { tool } from './mcp/tool.ts'
import { createPart } from './part.ts'
import { createPeople } from './people.ts'
import { createSso } from './sso/sso.ts'

const pages = [
  { id: 'berths', title: 'Berth plan', text: 'Trucks over 12 m use berth 4. Arrive 40 minutes before the ferry.' },
  { id: 'contacts', title: 'Contacts', text: 'The gate answers at any hour; customs from 7 to 19.' },
]

/**
 * A port authority the company works with. Its wiki trusts its own authorization server only, where people have other
 * accounts and apps register themselves (RFC 9728, 8414 and 7591).
 */
export async function startPartner() {
  const people = createPeople().map((person) => ({ ...person, id: `guest-${person.id}`, groups: ['guests'] }))
  const part = await createPart('wiki')
  const ssoPart = await createPart('partner')
  const resource = `${part.origin}/mcp`
  const sso = await createSso({ part: ssoPart, people, resources: [resource], registration: true })
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
  return {
    sso,
    part,
    wiki,
    close: () => Promise.all([part.close(), ssoPart.close()]),
    entry: {
      id: 'wiki',
      name: 'Port wiki',
      description: 'Berths and contacts at the port; a sign-in of its own',
      endpoint: { transport: 'http' as const, url: resource },
      auth: { kind: 'mcp-oauth' as const },
      healthUrl: `${part.origin}/health`,
    },
  }
}
