import type { Answer } from './exchange.ts'

/** What every request after `initialize` says about the session it belongs to. A new session is a new object. */
export type Session = { readonly id: string | null; readonly version: string | null }

export const noSession: Session = { id: null, version: null }

export const sessionHeaders = ({ id, version }: Session): Record<string, string> => ({
  ...(id === null ? {} : { 'mcp-session-id': id }),
  ...(version === null ? {} : { 'mcp-protocol-version': version }),
})

/** The session’s id: visible ASCII only (2025-11-25, “Session Management”), as it will be a header of ours. */
export function readSessionId({ header }: Answer): string | null {
  const id = header('mcp-session-id')
  return id !== undefined && /^[\x21-\x7e]{1,1024}$/.test(id) ? id : null
}

// 404 is what the protocol says. Some servers, having lost their memory, answer 400 in words of their own instead.
const forgetful = /not initiali[sz]ed|session/i

/** Whether the server no longer knows the session: then it did not run the request either. */
export const isForgotten = ({ status }: Answer, body: Buffer, { id, version }: Session) =>
  status === 404
    ? id !== null
    : status === 400 && (id !== null || version !== null) && forgetful.test(body.toString('latin1', 0, 2000))
