import type { AnswerHeaders } from './answer-head.ts'
import type { Body } from './response-body.ts'

export type HttpRequest = {
  /** `https://host:port`, as `URL.origin` has it. */
  origin: string
  path: string
  method: 'GET' | 'POST' | 'DELETE'
  headers: Record<string, string | undefined>
  body?: Buffer | null
  signal?: AbortSignal
  /** Called once the whole request is on its way. */
  onSent?: () => void
}
export type HttpAnswer = { statusCode: number; headers: AnswerHeaders; body: Body }
