import { completable, type McpServer, ResourceNotFoundError, ResourceTemplate } from '@modelcontextprotocol/server'
import { z } from 'zod'
import { png } from './tools.ts'

const user = (content: { type: 'text'; text: string } | { type: 'image'; data: string; mimeType: string }) => ({
  role: 'user' as const,
  content,
})

export function addResources(mcp: McpServer) {
  const text = { description: 'A text that stays as it is', mimeType: 'text/plain' }
  mcp.registerResource('static-text', 'test://static-text', text, ({ href: uri }) => ({
    contents: [{ uri, mimeType: 'text/plain', text: 'This is the content of the static text resource.' }],
  }))
  const picture = { description: 'A picture of one pixel', mimeType: 'image/png' }
  mcp.registerResource('static-binary', 'test://static-binary', picture, ({ href: uri }) => ({
    contents: [{ uri, mimeType: 'image/png', blob: png }],
  }))
  const watched = { description: 'A text to subscribe to', mimeType: 'text/plain' }
  mcp.registerResource('watched', 'test://watched-resource', watched, ({ href: uri }) => ({
    contents: [{ uri, mimeType: 'text/plain', text: 'Watched.' }],
  }))
  const template = new ResourceTemplate('test://template/{id}/data', { list: undefined })
  const data = { description: 'Data for an id', mimeType: 'application/json' }
  mcp.registerResource('template', template, data, ({ href: uri }, { id }) => {
    if (typeof id !== 'string') throw new ResourceNotFoundError(uri)
    const text = JSON.stringify({ id, templateTest: true, data: `Data for ID: ${id}` })
    return { contents: [{ uri, mimeType: 'application/json', text }] }
  })
}

const places = ['paris', 'park', 'party', 'hello', 'world']

export function addPrompts(mcp: McpServer) {
  mcp.registerPrompt('test_simple_prompt', { description: 'Takes nothing' }, () => ({
    messages: [user({ type: 'text', text: 'This is a simple prompt for testing.' })],
  }))
  const argument = () => completable(z.string(), (start) => places.filter((place) => place.startsWith(start)))
  const two = { description: 'Takes two words', argsSchema: z.object({ arg1: argument(), arg2: argument() }) }
  mcp.registerPrompt('test_prompt_with_arguments', two, ({ arg1, arg2 }) => ({
    messages: [user({ type: 'text', text: `Prompt with arguments: arg1='${arg1}', arg2='${arg2}'` })],
  }))
  const embeds = { description: 'Embeds a resource', argsSchema: z.object({ resourceUri: z.string() }) }
  mcp.registerPrompt('test_prompt_with_embedded_resource', embeds, ({ resourceUri: uri }) => {
    const resource = { uri, mimeType: 'text/plain', text: 'Embedded resource content for testing.' }
    return {
      messages: [
        { role: 'user', content: { type: 'resource', resource } },
        user({ type: 'text', text: 'Please process the embedded resource above.' }),
      ],
    }
  })
  mcp.registerPrompt('test_prompt_with_image', { description: 'Shows a picture' }, () => ({
    messages: [
      user({ type: 'image', data: png, mimeType: 'image/png' }),
      user({ type: 'text', text: 'Please analyze the image above.' }),
    ],
  }))
}
