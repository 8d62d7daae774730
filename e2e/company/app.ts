import express, { type ErrorRequestHandler, type Express } from 'express'

/** An HTTP application that says how it is at `/health`. */
export function createApp(health: () => Record<string, unknown>): Express {
  const app = express()
  app.disable('x-powered-by')
  app.get('/health', (_req, res) => void res.json(health()))
  return app
}

/** The last handler of every application: bad input and faults are answered in JSON, without a stack. */
export const answerError: ErrorRequestHandler = (
  error: { status?: number; type?: string; message?: string },
  _req,
  res,
  _next,
) => {
  if (res.headersSent) return void res.destroy()
  const unreadable = error.type === 'entity.parse.failed'
  const rpcError = unreadable
    ? { code: -32700, message: 'Parse error' }
    : { code: -32603, message: String(error.message) }
  res.status(error.status ?? 500).json({ jsonrpc: '2.0', id: null, error: rpcError })
}
