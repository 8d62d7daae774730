import type { z } from 'zod'
import { Problem } from '../../shared/problems.ts'

/** Why a document could not be had. `network`: no answer at all; `status`, `body`: an answer that is not one. */
export class DocumentError extends Error {
  readonly kind: 'network' | 'status' | 'body'
  constructor(kind: 'network' | 'status' | 'body', message: string, options?: { cause?: unknown }) {
    super(message, options)
    this.kind = kind
  }
}

const longest = 4 * 1024 * 1024

/**
 * Reads a JSON document over HTTPS: no redirects, 15 s, 4 MB counted after decompression, parsed by its schema.
 * Plain http is for the literal loopback only.
 */
export async function fetchDocument<T>(
  url: string,
  {
    schema,
    fetch,
    headers = {},
  }: { schema: z.ZodType<T>; fetch: typeof globalThis.fetch; headers?: Record<string, string> },
): Promise<T> {
  const at = new URL(url)
  if (at.protocol !== 'https:' && !isLoopback(at))
    throw new DocumentError('body', `${at.host} must be reached over https`)
  const response = await fetch(url, {
    headers: { accept: 'application/json', ...headers },
    redirect: 'manual',
    signal: AbortSignal.timeout(15_000),
  }).catch((cause: unknown) => {
    throw new DocumentError('network', reason(cause, `${at.host} does not answer`), { cause })
  })
  if (response.status !== 200) {
    await response.body?.cancel().catch(() => {})
    throw new DocumentError('status', `${at.host} answered ${response.status} for ${at.pathname}`)
  }
  const text = await readText(response, at.host)
  const json = parse(text, at)
  const parsed = schema.safeParse(json)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]
    throw new DocumentError(
      'body',
      `${at.host}${at.pathname}: ${issue?.path.join('.') || 'document'}: ${issue?.message}`,
    )
  }
  return parsed.data
}

export const isLoopback = (url: URL) =>
  url.protocol === 'http:' && (url.hostname === '127.0.0.1' || url.hostname === '[::1]')

async function readText(response: Response, host: string) {
  const parts: Uint8Array[] = []
  let size = 0
  try {
    for await (const part of response.body ?? []) {
      size += part.byteLength
      if (size > longest) throw new DocumentError('body', `${host} sent more than ${longest} bytes`)
      parts.push(part)
    }
  } catch (cause) {
    if (cause instanceof DocumentError) throw cause
    throw new DocumentError('network', reason(cause, `${host} stopped answering`), { cause })
  }
  return Buffer.concat(parts).toString('utf8')
}

function parse(text: string, at: URL): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new DocumentError('body', `${at.host}${at.pathname} is not JSON`, { cause })
  }
}

/** A proxy’s or a certificate’s trouble is said in its own words; of the rest the code is what helps. */
function reason(error: unknown, what: string) {
  const cause = error instanceof Error ? (error.cause ?? error) : error
  if (cause instanceof Problem) return cause.message
  if (cause instanceof Error && 'code' in cause && typeof cause.code === 'string') return `${what} (${cause.code})`
  const name = cause instanceof Error ? cause.name : 'unknown'
  // What fetch itself refuses has neither a code nor a name (“bad port”).
  return `${what} (${cause instanceof Error && name === 'Error' ? cause.message : name})`
}
