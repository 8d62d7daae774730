import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import express, { type RequestHandler } from 'express'
import { z } from 'zod'
import { type Caller, callerOf, setCaller } from '../access.ts'
import { createApp } from '../app.ts'
import { createSessionServer } from '../mcp/server.ts'
import { longestBody } from '../mcp/streamable.ts'
import { tool } from '../mcp/tool.ts'
import { noteMessages } from '../part.ts'

/** The two keys of the demo; `replaceKeys` makes others. */
export const packageKeys = { user: 'demo-packages-user-key', admin: 'demo-packages-admin-key' }

/** The company's package registry. Streamable HTTP without sessions, JSON answers, and a key instead of a sign-in. */
export function createPackages() {
  const keys = { ...packageKeys }
  const packages = new Map([
    ['fernhill-routes', { version: '4.2.0', description: 'Distances, ferries and tolls' }],
    ['fernhill-labels', { version: '1.8.3', description: 'Prints pallet labels' }],
    ['fernhill-ui', { version: '12.0.1', description: 'Buttons that look like ours' }],
  ])
  const tools = [
    tool({
      name: 'search',
      title: 'Search packages',
      description: 'Finds packages by name or description.',
      input: z.object({ query: z.string() }),
      run: ({ query }) =>
        [...packages]
          .map(([name, about]) => ({ name, ...about }))
          .filter(({ name, description }) => `${name} ${description}`.toLowerCase().includes(query.toLowerCase())),
    }),
    tool({
      name: 'publish',
      title: 'Publish a package',
      description: 'Publishes a new version for everyone.',
      kind: 'write',
      groups: ['package-admins'],
      input: z.object({ name: z.string(), version: z.string(), description: z.string().default('') }),
      run({ name, version, description }) {
        packages.set(name, { version, description })
        return `${name} ${version} is published`
      },
    }),
  ]

  const identify: RequestHandler = (req, res, next) => {
    const key = req.get('x-api-key')
    const caller = key === keys.admin ? admin : key === keys.user ? user : null
    if (!caller) {
      res.status(401).json({ error: key ? 'This API key is not valid' : 'Send your API key in X-API-Key' })
      return
    }
    setCaller(res, caller)
    next()
  }

  const app = createApp(() => ({ status: 'ok', service: 'packages', packages: packages.size }))

  app.post('/mcp', identify, express.json({ limit: longestBody }), async (req, res) => {
    noteMessages(req, req.body)
    const { server } = createSessionServer(
      { name: 'packages', title: 'Packages', version: '7.1.0' },
      tools,
      callerOf(res),
    )
    const transport = new StreamableHTTPServerTransport({ enableJsonResponse: true })
    res.on('close', () => void server.close())
    await server.connect(transport as Parameters<typeof server.connect>[0])
    await transport.handleRequest(req, res, req.body)
  })
  app.all('/mcp', (_req, res) => void res.set('allow', 'POST').status(405).end())

  return {
    app,
    keys,
    replaceKeys(next: Partial<typeof keys>) {
      Object.assign(keys, next)
    },
  }
}

const user: Caller = { id: 'key-user', name: 'Key with the user role', groups: [] }
const admin: Caller = { id: 'key-admin', name: 'Key with the admin role', groups: ['package-admins'] }
