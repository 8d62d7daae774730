import type { RequestHandler } from 'express'
import { z } from 'zod'
import { createStreamable } from '../mcp/streamable.ts'
import { tool } from '../mcp/tool.ts'

const errors = [
  {
    id: 'FERN-1A',
    project: 'portal',
    title: 'TypeError: cannot read “eta” of undefined',
    events: 214,
    level: 'error',
    lastSeen: '2026-11-18T09:12:00Z',
    stack: ['tracking/eta.ts:41', 'tracking/page.tsx:18'],
  },
  {
    id: 'FERN-1B',
    project: 'dispatch',
    title: 'TimeoutError: ferry timetable did not answer',
    events: 37,
    level: 'warning',
    lastSeen: '2026-11-19T21:40:00Z',
    stack: ['routes/ferry.py:88'],
  },
  {
    id: 'FERN-1C',
    project: 'dispatch',
    title: 'KeyError: “weight_kg”',
    events: 3,
    level: 'error',
    lastSeen: '2026-11-20T05:02:00Z',
    stack: ['orders/load.py:12', 'orders/api.py:140'],
  },
]

/** Errors of the company's apps. Streamable HTTP with sessions but without resumption, behind the gateway. */
export function createSentry({ identify }: { identify: RequestHandler }) {
  const resolved = new Set<string>()
  const find = (id: string) => {
    const found = errors.find((error) => error.id === id)
    if (!found) throw new Error(`There is no issue ${id}`)
    return found
  }
  return createStreamable({
    info: { name: 'sentry', title: 'Sentry', version: '1.9.2' },
    identify,
    tools: [
      tool({
        name: 'list_issues',
        title: 'List issues',
        description: 'Unresolved errors, the most frequent first.',
        input: z.object({ project: z.enum(['portal', 'dispatch']).optional() }),
        run: ({ project }) =>
          errors
            .filter((error) => !resolved.has(error.id) && (project === undefined || error.project === project))
            .map(({ stack, ...summary }) => summary),
      }),
      tool({
        name: 'get_issue',
        title: 'Get an issue',
        description: 'One error with its stack.',
        input: z.object({ id: z.string() }),
        run: ({ id }) => find(id),
      }),
      tool({
        name: 'resolve_issue',
        title: 'Resolve an issue',
        description: 'Marks an error as resolved.',
        kind: 'write',
        input: z.object({ id: z.string() }),
        run({ id }) {
          resolved.add(find(id).id)
          return `${id} is resolved`
        },
      }),
    ],
  })
}
