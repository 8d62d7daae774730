import { findText, type Span } from './json-walk.ts'
import type { RpcError } from './message.ts'

/** The error in a server's answer, for the log and for those who wait behind it. */
export function readError(line: Buffer): RpcError {
  const code = Number(findText(line, ['error', 'code']))
  const message = findText(line, ['error', 'message'])
  return {
    code: Number.isSafeInteger(code) ? code : -32603,
    message: message?.startsWith('"') ? String(JSON.parse(message)) : 'The server answered with an error',
  }
}

/** A tool says by `isError` that it ran and failed. The word is sought first: most answers do not hold it. */
export const isToolError = (line: Buffer) =>
  line.includes('"isError"') && findText(line, ['result', 'isError']) === 'true'

/** The answer with the id as the client wrote it: the server may have spelled the same id in another way. */
export function respell(line: Buffer, spelled: string, idSpan: Span | null): Buffer {
  if (!idSpan || line.toString('utf8', idSpan.start, idSpan.end) === spelled) return line
  return Buffer.concat([line.subarray(0, idSpan.start), Buffer.from(spelled), line.subarray(idSpan.end)])
}

const megabytes = (bytes: number) => `${(bytes / 1024 / 1024).toFixed(1)} MB`
export const sizeText = (bytes: number, limit: number) => `${megabytes(bytes)}, the limit is ${megabytes(limit)}`
