import type { RequestHandler } from 'express'
import { z } from 'zod'
import { createStreamable } from '../mcp/streamable.ts'
import { connectionTools, tool } from '../mcp/tool.ts'

type Issue = {
  number: number
  repository: string
  title: string
  state: 'open' | 'closed'
  author: string
  body: string
}

/** Issues of the company's repositories. Streamable HTTP with sessions and resumable streams, behind the gateway. */
export function createGithub({ identify }: { identify: RequestHandler }) {
  const issues: Issue[] = [
    {
      number: 128,
      repository: 'fernhill/dispatch',
      title: 'Route planner skips ferries on Sundays',
      state: 'open',
      author: 'ben',
      body: 'The timetable of the Sunday ferry is ignored when the truck is longer than 12 m.',
    },
    {
      number: 131,
      repository: 'fernhill/dispatch',
      title: 'Export of delivery notes is slow',
      state: 'open',
      author: 'ana',
      body: 'A month of notes takes four minutes. Most of it is the PDF rendering.',
    },
    {
      number: 77,
      repository: 'fernhill/portal',
      title: 'Customers cannot reset their password',
      state: 'closed',
      author: 'cho',
      body: 'The link in the mail pointed to the old portal.',
    },
    {
      number: 80,
      repository: 'fernhill/portal',
      title: 'Dark mode for the tracking page',
      state: 'open',
      author: 'ben',
      body: 'Drivers look at it at night.',
    },
  ]
  const find = (repository: string, number: number) => {
    const issue = issues.find((issue) => issue.repository === repository && issue.number === number)
    if (!issue) throw new Error(`There is no issue ${number} in ${repository}`)
    return issue
  }
  const repository = z.string().describe('Owner and name, such as fernhill/dispatch')

  return createStreamable({
    info: { name: 'github', title: 'GitHub', version: '2.3.0', instructions: 'Issues of the Fernhill repositories.' },
    identify,
    resumable: true,
    tools: [
      tool({
        name: 'search_issues',
        title: 'Search issues',
        description: 'Finds issues whose title or text contains the words.',
        input: z.object({ query: z.string(), state: z.enum(['open', 'closed', 'all']).default('open') }),
        run: ({ query, state }) =>
          issues
            .filter((issue) => state === 'all' || issue.state === state)
            .filter((issue) => `${issue.title} ${issue.body}`.toLowerCase().includes(query.toLowerCase()))
            .map(({ body, ...found }) => found),
      }),
      tool({
        name: 'get_issue',
        title: 'Get an issue',
        description: 'One issue with its text.',
        input: z.object({ repository, number: z.number().int() }),
        run: ({ repository, number }) => find(repository, number),
      }),
      tool({
        name: 'create_issue',
        title: 'Create an issue',
        description: 'Opens an issue in your name.',
        kind: 'write',
        input: z.object({ repository, title: z.string().min(1), body: z.string().default('') }),
        run({ repository, title, body }, { caller }) {
          const number = 1 + Math.max(0, ...issues.map((issue) => issue.number))
          const issue: Issue = { number, repository, title, state: 'open', author: caller.id, body }
          issues.push(issue)
          return issue
        },
      }),
      tool({
        name: 'close_issue',
        title: 'Close an issue',
        description: 'Closes an issue.',
        kind: 'write',
        input: z.object({ repository, number: z.number().int() }),
        run({ repository, number }) {
          const issue = find(repository, number)
          issue.state = 'closed'
          return issue
        },
      }),
      ...connectionTools,
    ],
  })
}
