import { type IncomingHttpHeaders, request } from 'node:http'
import { pipeline } from 'node:stream'
import type { Request, RequestHandler, Response } from 'express'
import { type Access, callerOf } from './access.ts'
import { createApp } from './app.ts'

/** A server behind the gateway: `/mcp/<id>/` goes to `target`. */
export type Route = { id: string; target: string; health: string; resource: string; guard: RequestHandler }
type Needs = { access: Access; routes: Route[]; secret: string }

// RFC 9110 §7.6.1, and what only the gateway itself may say.
const dropped = new Set(['connection', 'keep-alive', 'transfer-encoding', 'upgrade', 'host', 'authorization', 'cookie'])
const spoofable = /^x-(user|org|gateway)-/

/** One address for many servers. It checks the token once and tells the servers behind who is calling. */
export function createGateway({ access, routes, secret }: Needs) {
  const app = createApp(() => ({ status: 'ok', service: 'gateway', routes: routes.map(({ id }) => id) }))
  for (const { id, target, health, resource, guard } of routes) {
    access.withMetadata(resource, app)
    app.get(`/health/${id}`, (req, res) => forward(req, res, health, {}))
    app.all(`/mcp/${id}/`, guard, (req, res) => {
      const { id: user, name, groups } = callerOf(res)
      forward(req, res, target, {
        'x-user-id': user,
        'x-user-name': encodeURIComponent(name),
        'x-user-groups': groups.join(','),
        'x-org-id': 'fernhill',
        'x-gateway-secret': secret,
      })
    })
  }
  app.use((_req, res) => void res.status(404).json({ error: 'no such server' }))
  return app
}

function forward(req: Request, res: Response, target: string, identity: Record<string, string>) {
  const upstream = request(target, { method: req.method, headers: { ...passed(req.headers), ...identity } })
  upstream.on('response', (answer) => {
    res.writeHead(answer.statusCode ?? 502, passed(answer.headers))
    // Event streams may be silent for long: the client must see the head at once.
    res.flushHeaders()
    pipeline(answer, res, () => {})
  })
  upstream.on('error', () => {
    if (res.headersSent) res.destroy()
    else
      res.status(502).json({ error: 'bad_gateway', error_description: 'The server behind the gateway does not answer' })
  })
  res.on('close', () => upstream.destroy())
  pipeline(req, upstream, () => {})
}

const passed = (headers: IncomingHttpHeaders) =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => !dropped.has(name) && !spoofable.test(name)))

/** How a server behind the gateway knows its caller; whoever comes past the gateway is refused. */
export function behindGateway(secret: string): RequestHandler {
  return (req, res, next) => {
    if (req.get('x-gateway-secret') !== secret) {
      res.status(403).json({ error: 'forbidden', error_description: 'Only the gateway may call this server' })
      return
    }
    res.locals.caller = {
      id: req.get('x-user-id') ?? '',
      name: decodeURIComponent(req.get('x-user-name') ?? ''),
      groups: (req.get('x-user-groups') ?? '').split(',').filter(Boolean),
    }
    next()
  }
}
