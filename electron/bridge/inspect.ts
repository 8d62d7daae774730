import { z } from 'zod'
import { brand } from '../../shared/brand.ts'
import type { Tool } from '../../shared/contract/health.ts'
import { fromData, Problem } from '../../shared/problems.ts'
import type { Link } from './link.ts'
import type { IdText, RpcError } from './message.ts'
import { metaKeys } from './revision.ts'
import { findProblem } from './rpc.ts'
import { scan } from './scan.ts'
import type { LinkHandlers } from './upstream.ts'

type Needs = { openLink: (handlers: LinkHandlers) => Link; host: string; version: string; timeoutMs: number }

export type Inspection = {
  latencyMs: number
  protocolVersion: string
  serverName: string
  tools: Tool[]
}

const Initialized = z.object({
  protocolVersion: z.string(),
  capabilities: z.object({ tools: z.unknown().optional() }).default({}),
  serverInfo: z.object({ name: z.string(), title: z.string().optional(), version: z.string().optional() }),
  /** Where we translate: the revision the server itself speaks. */
  _meta: z
    .object({ [metaKeys.version]: z.string().optional() })
    .optional()
    .catch(undefined),
})
const Annotations = z.object({ title: z.string(), readOnlyHint: z.boolean(), destructiveHint: z.boolean() }).partial()
const ToolPage = z.object({
  tools: z.array(
    z.object({
      name: z.string(),
      title: z.string().optional(),
      description: z.string().optional(),
      annotations: Annotations.optional(),
    }),
  ),
  nextCursor: z.string().optional(),
})
const mostPages = 100
const revision = '2025-11-25'

/** Asks a server, as the app itself, who it is and what tools it has. Throws the problem that prevents it. */
export async function inspectServer({ openLink, host, version, timeoutMs }: Needs): Promise<Inspection> {
  const waiting = new Map<IdText, PromiseWithResolvers<unknown>>()
  let over: Problem | null = null
  let lastId = 0

  const link = openLink({
    deliver(line) {
      const scanned = scan(line)
      if (!scanned.ok || scanned.message.kind === 'notification') return
      const { id, kind, failed, method } = scanned.message
      if (kind === 'request') return refuse(id as IdText, method as string)
      const body = JSON.parse(line.toString()) as { result?: unknown; error?: RpcError }
      if (failed && body.error) settle(id as IdText, toProblem(body.error, host))
      else settle(id as IdText, body.result)
    },
    fail: (id, error) => settle(id, toProblem(error, host)),
    ended: (error) => stop(toProblem(error, host)),
  })
  const timer = setTimeout(() => stop(new Problem('bridge.unreachable', `${host}: no answer in time`)), timeoutMs)

  function settle(id: IdText, outcome: unknown) {
    const promise = waiting.get(id)
    waiting.delete(id)
    if (outcome instanceof Problem) promise?.reject(outcome)
    else promise?.resolve(outcome)
  }
  function stop(problem: Problem) {
    over = problem
    for (const id of [...waiting.keys()]) settle(id, problem)
  }
  function refuse(id: IdText, method: string) {
    const reply = method === 'ping' ? '"result":{}' : '"error":{"code":-32601,"message":"Method not found"}'
    const line = Buffer.from(`{"jsonrpc":"2.0","id":${id},${reply}}`)
    link.send({ line, kind: 'response', id, method: null, target: null })
  }
  async function ask<T>(method: string, params: object, schema: z.ZodType<T>): Promise<T> {
    if (over) throw over
    lastId += 1
    const id = `${lastId}`
    const pending = Promise.withResolvers<unknown>()
    waiting.set(id, pending)
    const line = Buffer.from(JSON.stringify({ jsonrpc: '2.0', id: lastId, method, params }))
    link.send({ line, kind: 'request', id, method, target: null })
    const parsed = schema.safeParse(await pending.promise)
    if (!parsed.success)
      throw new Problem('bridge.server-error', `${host}: its answer to ${method} is not what MCP asks`)
    return parsed.data
  }

  try {
    const started = performance.now()
    const clientInfo = { name: brand.slug, title: brand.product, version }
    const opened = await ask('initialize', { protocolVersion: revision, capabilities: {}, clientInfo }, Initialized)
    const latencyMs = Math.round((performance.now() - started) * 10) / 10
    const line = Buffer.from('{"jsonrpc":"2.0","method":"notifications/initialized"}')
    link.send({ line, kind: 'notification', id: null, method: 'notifications/initialized', target: null })
    const tools: Tool[] = []
    let cursor: string | undefined
    for (let page = 0; opened.capabilities.tools !== undefined && page < mostPages; page += 1) {
      const found = await ask('tools/list', cursor === undefined ? {} : { cursor }, ToolPage)
      tools.push(...found.tools.map(toTool))
      cursor = found.nextCursor
      if (cursor === undefined) break
    }
    const { name, title, version: serverVersion } = opened.serverInfo
    const serverName = [title ?? name, serverVersion].filter(Boolean).join(' ')
    const protocolVersion = opened._meta?.[metaKeys.version] ?? opened.protocolVersion
    return { latencyMs, protocolVersion, serverName, tools }
  } finally {
    clearTimeout(timer)
    await link.close()
  }
}

/** The specification's defaults: what is not read-only is destructive unless it says it is not. */
function toTool({ name, title, description, annotations = {} }: z.infer<typeof ToolPage>['tools'][number]): Tool {
  return {
    name,
    title: title ?? annotations.title ?? null,
    description: description ?? null,
    kind: toKind(annotations),
  }
}
function toKind({ readOnlyHint, destructiveHint }: z.infer<typeof Annotations>): Tool['kind'] {
  if (readOnlyHint) return 'read'
  if (readOnlyHint === undefined && destructiveHint === undefined) return 'unknown'
  return destructiveHint === false ? 'write' : 'destructive'
}

function toProblem(error: RpcError, host: string): Problem {
  const known = findProblem(error)
  return known ? fromData(known) : new Problem('bridge.server-error', `${host}: ${error.message}`)
}
