import { acceptedContent, inputRequired, type McpServer } from '@modelcontextprotocol/server'
import type { RequestHandler } from 'express'
import { z } from 'zod'
import { createModern } from '../mcp/modern.ts'
import { connectionTools, tool } from '../mcp/tool.ts'

const policies = [
  {
    id: 'travel',
    title: 'Travel',
    text: 'Trains before planes. Book through the office; keep the receipts for 30 days.',
  },
  {
    id: 'remote-work',
    title: 'Remote work',
    text: 'Three days a week from anywhere in the country, with a locked screen.',
  },
  {
    id: 'data',
    title: 'Customer data',
    text: 'Customer data stays in the systems made for it. Never paste it into a chat.',
  },
]
const Confirmation = z.object({ read: z.boolean().describe('I have read this policy') })

/** The staff handbook. It speaks 2026-07-28 only: a client that sends `initialize` is refused. */
export function createPolicies({ identify }: { identify: RequestHandler }) {
  const find = (id: string) => {
    const policy = policies.find((policy) => policy.id === id)
    if (!policy) throw new Error(`There is no policy ${id}`)
    return policy
  }

  /** Asks the person before it acts: the server's question rides in the result (2026-07-28, multi-round-trip requests). */
  function addAcknowledge(server: McpServer) {
    server.registerTool(
      'acknowledge_policy',
      {
        title: 'Acknowledge a policy',
        description: 'Records that you have read a policy; asks you first.',
        inputSchema: z.object({ id: z.string() }),
        annotations: { readOnlyHint: false, destructiveHint: false },
      },
      ({ id }, { mcpReq }) => {
        const { title } = find(id)
        const answer = acceptedContent(mcpReq.inputResponses, 'confirm', Confirmation)
        if (!answer) {
          const confirm = inputRequired.elicit({ message: `Have you read “${title}”?`, requestedSchema: Confirmation })
          return inputRequired({ inputRequests: { confirm }, requestState: id })
        }
        const text = answer.read ? `Recorded: you have read “${title}”` : `Not recorded: “${title}” is still unread`
        return { content: [{ type: 'text', text }] }
      },
    )
  }

  return createModern({
    info: { name: 'policies', title: 'Company policies', version: '1.2.0' },
    identify,
    extend: addAcknowledge,
    tools: [
      tool({
        name: 'search_policies',
        title: 'Search policies',
        description: 'Finds policies that contain the words.',
        input: z.object({ query: z.string().default('') }),
        run: ({ query }) =>
          policies
            .filter(({ title, text }) => `${title} ${text}`.toLowerCase().includes(query.toLowerCase()))
            .map(({ id, title }) => ({ id, title })),
      }),
      tool({
        name: 'get_policy',
        title: 'Get a policy',
        description: 'The full text of a policy.',
        input: z.object({ id: z.string() }),
        run: ({ id }) => find(id),
      }),
      ...connectionTools,
    ],
  })
}
