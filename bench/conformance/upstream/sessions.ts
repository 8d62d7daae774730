import type { McpServer, ServerContext } from '@modelcontextprotocol/server'
import { z } from 'zod'
import { say } from './tools.ts'

const strings = (...names: string[]) =>
  z.object(Object.fromEntries(names.map((name) => [name, z.string()])) as Record<string, z.ZodString>)
const titled = (...titles: string[]) => titles.map((title, at) => ({ const: `value${at + 1}`, title }))
const options = ['option1', 'option2', 'option3']

const defaults = {
  name: { type: 'string', default: 'John Doe' },
  age: { type: 'integer', default: 30 },
  score: { type: 'number', default: 95.5 },
  status: { type: 'string', enum: ['active', 'inactive', 'pending'], default: 'active' },
  verified: { type: 'boolean', default: true },
} as const
const enums = {
  untitledSingle: { type: 'string', enum: options },
  titledSingle: { type: 'string', oneOf: titled('First Option', 'Second Option', 'Third Option') },
  legacyEnum: {
    type: 'string',
    enum: ['opt1', 'opt2', 'opt3'],
    enumNames: ['Option One', 'Option Two', 'Option Three'],
  },
  untitledMulti: { type: 'array', items: { type: 'string', enum: options } },
  titledMulti: { type: 'array', items: { anyOf: titled('First Choice', 'Second Choice', 'Third Choice') } },
}

/** On the stream of the call: the SDK would send it on the session’s own, which may not be open yet, and then lose it. */
const along = ({ mcpReq }: ServerContext) => ({ relatedRequestId: mcpReq.id })

/** Tools that put a question to the client in the middle of a call, as revisions with sessions do. */
export function addQuestionsOfSessions(mcp: McpServer) {
  const prompt = { description: 'Has the client’s model answer', inputSchema: strings('prompt') }
  mcp.registerTool('test_sampling', prompt, async ({ prompt }, context) => {
    const content = { type: 'text' as const, text: prompt ?? '' }
    const answer = await context.mcpReq.requestSampling(
      { messages: [{ role: 'user', content }], maxTokens: 100 },
      along(context),
    )
    const first = Array.isArray(answer.content) ? answer.content[0] : answer.content
    return say(`LLM response: ${first?.type === 'text' ? first.text : first?.type}`)
  })
  const asks = { description: 'Asks the person for two words', inputSchema: strings('message') }
  mcp.registerTool('test_elicitation', asks, async ({ message }, context) => {
    const properties = {
      username: { type: 'string' as const, description: "User's response" },
      email: { type: 'string' as const, description: "User's email address" },
    }
    const requestedSchema = { type: 'object' as const, properties, required: ['username', 'email'] }
    const { action, content } = await context.mcpReq.elicitInput(
      { message: message ?? '', requestedSchema },
      along(context),
    )
    return say(`User response: action=${action}, content=${JSON.stringify(content)}`)
  })
  for (const [name, properties] of Object.entries({ sep1034_defaults: defaults, sep1330_enums: enums }))
    mcp.registerTool(`test_elicitation_${name}`, { description: 'Asks for values of every kind' }, async (context) => {
      const requestedSchema = { type: 'object', properties, required: [] } as never
      const { action, content } = await context.mcpReq.elicitInput(
        { message: 'Please choose', requestedSchema },
        along(context),
      )
      return say(`Elicitation completed: action=${action}, content=${JSON.stringify(content ?? {})}`)
    })
}
