import { findText } from './json-walk.ts'

/** What every request of 2026-07-28 and later says of itself (its “_meta”), so that it needs no session. */
export const metaKeys = {
  version: 'io.modelcontextprotocol/protocolVersion',
  clientInfo: 'io.modelcontextprotocol/clientInfo',
  capabilities: 'io.modelcontextprotocol/clientCapabilities',
  logLevel: 'io.modelcontextprotocol/logLevel',
  serverInfo: 'io.modelcontextprotocol/serverInfo',
  subscription: 'io.modelcontextprotocol/subscriptionId',
} as const

/** Revisions without sessions that are spoken here, the best first. */
export const modernRevisions: readonly string[] = ['2026-07-28']

/** Revisions that open with `initialize`, the newest first. */
export const legacyRevisions: readonly string[] = ['2025-11-25', '2025-06-18', '2025-03-26', '2024-11-05']

/** The text inside a JSON string; null for everything else. */
export const toPlain = (text: string | null): string | null => (text?.startsWith('"') ? String(JSON.parse(text)) : null)

/**
 * The revision a message names in its “_meta”: null for one of the revisions with sessions. This and nothing else tells
 * the two apart, message by message: neither its method nor what came before it.
 */
export function modernVersionOf(line: Buffer): string | null {
  // Almost every line is told apart by this search, which costs next to nothing.
  if (!line.includes('protocolVersion')) return null
  return toPlain(findText(line, ['params', '_meta', metaKeys.version]))
}
