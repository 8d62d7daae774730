import type { Span } from './json-walk.ts'

/** The text of a JSON-RPC id: `1`, `"1"`, `12345678901234567890`. Ids are compared by it, in one spelling (`toIdText`). */
export type IdText = string

/** One line of a client, read just far enough (design, “The data path”). `line` is the original bytes without a newline. */
export type Message = {
  line: Buffer
  kind: 'request' | 'notification' | 'response'
  id: IdText | null
  method: string | null
  /** Tool, prompt or resource named in `params` of tools/call, prompts/get, resources/read. */
  target: string | null
}

export type RpcError = { code: number; message: string; data?: unknown }

/** As `scan.ts` finds it; `failed`: an answer that is an error. */
export type ScannedMessage = Message & { idSpan: Span | null; failed: boolean }
