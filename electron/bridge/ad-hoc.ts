import { createHash } from 'node:crypto'
import { z } from 'zod'
import { brand } from '../../shared/brand.ts'
import { ServerId } from '../../shared/ids.ts'
import { Problem } from '../../shared/problems.ts'
import { ServerConfig } from '../../shared/server-config.ts'
import type { Log } from '../lib/log.ts'
import { createAnswers } from './answers.ts'
import type { LinkNeeds } from './link.ts'
import { maxLineBytes } from './session.ts'

/** A server named by its address on a command line (`causeway bridge <url>`), with the headers to reach it. */
export const AdHoc = z.object({
  transport: z.enum(['auto', 'http', 'sse']),
  url: z.url({ protocol: /^https?$/ }).max(8192),
  headers: z.record(z.string().max(256), z.string().max(16_384)),
  /** Client id at the server's own authorization server, where it wants one registered before. */
  clientId: z.string().max(2048).optional(),
  clientSecret: z.string().min(1).max(2048).optional(),
  /** Where it is known how the server speaks; else it is found out. */
  era: z.enum(['legacy', 'modern']).optional(),
  /** The largest answer this client can take, where it is said to take more than most. */
  maxAnswerBytes: z.number().int().min(1024).max(maxLineBytes).optional(),
})
export type AdHoc = z.infer<typeof AdHoc>

type Headers = LinkNeeds['headers']
type Needs = {
  hello: { adHoc: AdHoc }
  /** Whether this person may use servers that are not the company's. */
  allowed: () => boolean
  headers: (server: ServerConfig, options?: Parameters<Headers>[0]) => ReturnType<Headers>
  log: Log
}

/**
 * A server for the one session that asked for it: it is in no list, nothing of it is remembered, and none of the
 * company's credentials ever go to it.
 */
export function createAdHoc({ hello, allowed, headers, log }: Needs) {
  const { transport, url, headers: given, clientId, clientSecret, era } = hello.adHoc
  const { host, hostname } = new URL(url)
  const server = toServerId(hostname)
  const base = { id: server, name: host.slice(0, 80), endpoint: { transport, url, ...(era ? { era } : {}) } }
  const plain = ServerConfig.parse(base)
  // Behind one gateway lie many servers, each with a sign-in of its own.
  const id = ServerId.parse(`${server.slice(0, 54)}-${createHash('sha256').update(url).digest('hex').slice(0, 8)}`)
  const signingIn = ServerConfig.parse({ ...base, id, auth: { kind: 'mcp-oauth', clientId, clientSecret } })
  const bringsItsOwn = Object.keys(given).some((name) => /^authorization$|api-?key|token|secret/i.test(name))
  let wantsSignIn = false

  return {
    server,
    account: () => null,
    answers: createAnswers({ path: null, log }),
    getServer(): ServerConfig {
      if (!allowed()) throw new Problem('bridge.ad-hoc-forbidden', host)
      return plain
    },
    /** No sign-in before the server asks for one: most requests on the way to a first answer would be for nothing. */
    async headers(options: Parameters<Headers>[0] = {}): Promise<Record<string, string>> {
      if (options.rejected && bringsItsOwn) throw new Problem('auth.api-key-refused', host)
      wantsSignIn ||= options.rejected !== undefined
      return wantsSignIn ? { ...given, ...(await headers(signingIn, options).catch(sayWhere)) } : given
    },
  }
}

/** A client that nobody set up in the app shows the sentence and no button. */
function sayWhere(error: unknown): never {
  if (!(error instanceof Problem) || error.code !== 'auth.connect-needed') throw error
  throw new Problem(error.code, `${error.detail}: sign in under Connections in ${brand.product}, then start this again`)
}

/** What the log calls it: the host, under a prefix that marks it as none of the company's. */
const toServerId = (hostname: string) => {
  const words = hostname
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
  return ServerId.parse(`ad-hoc-${words}`.slice(0, 63))
}
