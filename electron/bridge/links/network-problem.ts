import { Problem } from '../../../shared/problems.ts'

const unreachable: Record<string, string> = {
  ENOTFOUND: 'its name is not known',
  EAI_AGAIN: 'its name cannot be looked up now',
  ECONNREFUSED: 'nothing listens there',
  EHOSTUNREACH: 'there is no way to it from this network',
  ENETUNREACH: 'there is no way to it from this network',
  ETIMEDOUT: 'it did not take the connection in time',
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return ''
  const { code } = error as NodeJS.ErrnoException
  if (typeof code === 'string') return code
  const inner = error instanceof AggregateError ? error.errors[0] : error.cause
  return inner === undefined ? '' : codeOf(inner)
}

/** True where nobody can have acted on the request, or acting twice on it does no harm: the connection had just gone. */
export const isStaleConnection = (error: unknown) => ['ECONNRESET', 'EPIPE'].includes(codeOf(error))

/**
 * What went wrong between here and `host`, as a sentence. Names the host, never a header or a path. Proxies and
 * certificates come as problems already, from where connections are made.
 */
export function toNetworkProblem(error: unknown, host: string): Problem {
  const known = [error, error instanceof Error ? error.cause : null].find((each) => each instanceof Problem)
  if (known) return known
  const code = codeOf(error)
  const why = unreachable[code]
  const options = { cause: error }
  if (why) return new Problem('bridge.unreachable', `${host}: ${why}`, options)
  if (code === 'HTTP_ENDLESS_HEADERS') return new Problem('bridge.bad-answer', `${host} sent endless headers`, options)
  if (code === 'HTTP_SLOW_HEADERS') return new Problem('bridge.timeout', `${host}: its headers did not end`, options)
  if (code === 'HTTP_NOT_SPOKEN') return new Problem('bridge.bad-answer', `${host} does not speak HTTP`, options)
  if (code === 'ERR_HTTP2_ERROR') return new Problem('bridge.bad-answer', `${host} broke the rules of HTTP/2`, options)
  if (code.startsWith('Z_') || code.startsWith('ERR__ERROR_') || code.startsWith('ERR_BROTLI'))
    return new Problem('bridge.bad-answer', `${host} sent broken compressed data`, options)
  return new Problem('bridge.interrupted', host, options)
}
