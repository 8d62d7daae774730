import type { LinkNeeds } from '../link.ts'
import type { Message } from '../message.ts'
import { legacyRevisions, modernVersionOf } from '../revision.ts'
import { rpcCodes } from '../rpc.ts'
import type { WakingLink } from './waking-link.ts'

const unsupportedVersion = -32022

/**
 * Tells a client that speaks 2026-07-28 that this server does not: at once, so that a client of both kinds of revisions
 * opens a session instead of waiting.
 */
export function refuseModern({ kind, id, method, line }: Message, { fail }: Pick<LinkNeeds, 'fail'>) {
  if (kind !== 'request' || id === null) return
  if (method === 'server/discover') return fail(id, { code: rpcCodes.unknownMethod, message: 'Method not found' })
  const data = { supported: legacyRevisions, requested: modernVersionOf(line) }
  fail(id, { code: unsupportedVersion, message: 'This server speaks older revisions only', data })
}

/** A transport on which no server speaks 2026-07-28. */
export function withoutModern(link: WakingLink, needs: Pick<LinkNeeds, 'fail'>): WakingLink {
  return {
    ...link,
    send: (message) =>
      message.kind === 'request' && modernVersionOf(message.line) !== null
        ? refuseModern(message, needs)
        : link.send(message),
  }
}
