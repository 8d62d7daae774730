import { setTimeout as pause } from 'node:timers/promises'
import { fromJsonSchema, type McpServer } from '@modelcontextprotocol/server'

export const say = (text: string) => ({ content: [{ type: 'text' as const, text }] })
/** One pixel, and a sound of no length. */
export const png = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=='
const wav = 'UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAIA+AAACABAAZGF0YQAAAAA='

/** Every keyword of JSON Schema 2020-12 that has been lost on the way by somebody. */
const schema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  type: 'object',
  $defs: {
    address: {
      $anchor: 'address',
      type: 'object',
      properties: { street: { type: 'string' }, city: { type: 'string' } },
    },
  },
  properties: { name: { type: 'string' }, address: { $ref: '#/$defs/address' }, phone: { type: 'string' } },
  allOf: [{ anyOf: [{ required: ['phone'] }, { required: ['name'] }] }],
  if: { required: ['phone'] },
  // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema.
  then: { required: ['name'] },
  else: { required: ['address'] },
  additionalProperties: false,
}

const describe = (description: string) => ({ description })

/** What the suite calls by name and expects word for word; nothing here asks the client anything. */
export function addTools(mcp: McpServer) {
  mcp.registerTool('test_simple_text', describe('Says one sentence'), () =>
    say('This is a simple text response for testing.'),
  )
  mcp.registerTool('test_image_content', describe('Shows a picture'), () => ({
    content: [{ type: 'image', data: png, mimeType: 'image/png' }],
  }))
  mcp.registerTool('test_audio_content', describe('Plays a sound'), () => ({
    content: [{ type: 'audio', data: wav, mimeType: 'audio/wav' }],
  }))
  mcp.registerTool('test_embedded_resource', describe('Brings a resource along'), () => ({
    content: [
      {
        type: 'resource',
        resource: {
          uri: 'test://embedded-resource',
          mimeType: 'text/plain',
          text: 'This is an embedded resource content.',
        },
      },
    ],
  }))
  mcp.registerTool('test_multiple_content_types', describe('Answers in three forms at once'), () => ({
    content: [
      { type: 'text', text: 'Multiple content types test:' },
      { type: 'image', data: png, mimeType: 'image/png' },
      {
        type: 'resource',
        resource: {
          uri: 'test://mixed-content-resource',
          mimeType: 'application/json',
          text: '{"test":"data","value":123}',
        },
      },
    ],
  }))
  const strict = { ...describe('Takes what its schema allows'), inputSchema: fromJsonSchema(schema as never) }
  mcp.registerTool('json_schema_2020_12_tool', strict, (args) => say(JSON.stringify(args)))
  mcp.registerTool('test_error_handling', describe('Always fails'), () => {
    throw new Error('This tool intentionally returns an error for testing')
  })
  mcp.registerTool('test_tool_with_progress', describe('Tells how far it is'), async ({ mcpReq }) => {
    const progressToken = mcpReq._meta?.progressToken
    for (const progress of [0, 50, 100]) {
      if (progressToken !== undefined)
        await mcpReq.notify({ method: 'notifications/progress', params: { progressToken, progress, total: 100 } })
      await pause(50)
    }
    return say('Done, with progress.')
  })
  for (const name of ['test_tool_with_logging', 'test_logging_tool'])
    mcp.registerTool(name, describe('Logs three lines, where the client wants to see them'), async ({ mcpReq }) => {
      for (const line of ['Tool execution started', 'Tool processing data', 'Tool execution completed']) {
        await mcpReq.log('info', line)
        await pause(50)
      }
      return say('Done, with three lines of log.')
    })
}
