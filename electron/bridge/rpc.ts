import { Problem, type ProblemCode, type ProblemData, problems, toProblem } from '../../shared/problems.ts'
import type { IdText, RpcError } from './message.ts'

/** JSON-RPC 2.0 §5.1; `problem` is ours, away from the codes the SDK and MCP give a meaning to. */
export const rpcCodes = { notJson: -32700, notRpc: -32600, unknownMethod: -32601, problem: -32050 } as const

/** What an AI client shows for a problem: the same title and remedy as the window. */
export function toRpcError(thrown: unknown): RpcError {
  const { code, title, remedy, detail } = toProblem(thrown)
  return { code: rpcCodes.problem, message: detail ? `${title}: ${detail}` : title, data: { code, remedy } }
}

/** The problem inside an error a link or the bridge made; null for an error of the server's own. */
export function findProblem({ message, data }: RpcError): ProblemData | null {
  const code = data && typeof data === 'object' && 'code' in data ? data.code : null
  if (typeof code !== 'string' || !Object.hasOwn(problems, code)) return null
  const { title } = problems[code as ProblemCode]
  const detail = message.startsWith(`${title}: `) ? message.slice(title.length + 2) : undefined
  return new Problem(code as ProblemCode, detail).data
}

export const errorLine = (id: IdText | null, error: RpcError) =>
  Buffer.from(`{"jsonrpc":"2.0","id":${id ?? 'null'},"error":${JSON.stringify(error)}}`)

export const resultLine = (id: IdText, resultText: string) =>
  Buffer.from(`{"jsonrpc":"2.0","id":${id},"result":${resultText}}`)

export const notificationLine = (method: string, paramsText?: string) =>
  Buffer.from(`{"jsonrpc":"2.0","method":"${method}"${paramsText ? `,"params":${paramsText}` : ''}}`)
