import {
  acceptedContent,
  fromJsonSchema,
  inputRequired,
  McpServer,
  ResourceNotFoundError,
  ResourceTemplate,
} from '@modelcontextprotocol/server'
import { z } from 'zod'

const say = (text: string) => ({ content: [{ type: 'text' as const, text }] })
const Name = z.object({ name: z.string() })

const regional = fromJsonSchema<{ region: string; where?: { tenant?: number }; dry?: boolean }>({
  type: 'object',
  properties: {
    region: { type: 'string', 'x-mcp-header': 'Region' },
    where: { type: 'object', properties: { tenant: { type: 'integer', 'x-mcp-header': 'Tenant' } } },
    dry: { type: 'boolean', 'x-mcp-header': 'Dry' },
  },
  required: ['region'],
} as never)

/** A tool for each thing that 2026-07-28 does in a way of its own. */
export function createTools({ aborted = [], hold }: { aborted?: string[]; hold?: () => Promise<void> } = {}) {
  const mcp = new McpServer(
    { name: 'modern', title: 'Modern', version: '7' },
    {
      capabilities: { logging: {}, tools: { listChanged: true }, resources: { listChanged: true, subscribe: true } },
      instructions: 'Be kind.',
    },
  )
  mcp.registerTool('echo', { inputSchema: z.object({ text: z.string() }) }, ({ text }) => say(text))
  mcp.registerTool('regional', { inputSchema: regional }, ({ region }) => say(region))
  mcp.registerTool('steps', {}, async ({ mcpReq }) => {
    const progressToken = mcpReq._meta?.progressToken
    for (let progress = 1; progressToken !== undefined && progress <= 3; progress += 1)
      await mcpReq.notify({ method: 'notifications/progress', params: { progressToken, progress, total: 3 } })
    // Clients of the SDK lose progress that comes in one piece with the answer.
    await hold?.()
    return say('done')
  })
  mcp.registerTool('slow', {}, ({ mcpReq }) => {
    return new Promise((resolve) => {
      mcpReq.signal.addEventListener('abort', () => {
        aborted.push('slow')
        resolve(say('aborted'))
      })
    })
  })
  mcp.registerTool('greet', { inputSchema: z.object({ greeting: z.string() }) }, ({ greeting }, { mcpReq }) => {
    const answer = acceptedContent(mcpReq.inputResponses, 'who', Name)
    if (answer) return say(`${greeting} ${answer.name}, ${mcpReq.requestState()}`)
    const who = inputRequired.elicit({ message: `Who is to be told ${greeting}?`, requestedSchema: Name })
    return inputRequired({ inputRequests: { who }, requestState: `state of ${greeting}` })
  })
  mcp.registerResource('note', 'note://1', {}, (uri) => ({ contents: [{ uri: uri.href, text: 'one' }] }))
  mcp.registerResource('file', new ResourceTemplate('file:///{name}', { list: undefined }), {}, (uri) => {
    throw new ResourceNotFoundError(uri.href)
  })
  return mcp
}
