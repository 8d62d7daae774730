/**
 * What stands on command lines written for `mcp-remote`. Here nothing needs saying that these said: the app has the
 * sign-in, the proxy, the logs; streams have no limit. What would change what a server may do is not among them.
 */
const meaningless: Record<string, 'alone' | 'with a value'> = {
  '--debug': 'alone',
  '--silent': 'alone',
  '--enable-proxy': 'alone',
  '--keep-alive': 'alone',
  '--ipv4': 'alone',
  '--ping-interval': 'with a value',
  '--host': 'with a value',
  '--callback-path': 'with a value',
  '--auth-timeout': 'with a value',
  '--auth-success-url': 'with a value',
  '--connect-timeout': 'with a value',
  '--headers-timeout': 'with a value',
  '--body-timeout': 'with a value',
}

/** How many arguments such a flag is; 0 where it is none of them. */
export function countForeign(name: string, isInline: boolean): 0 | 1 | 2 {
  const kind = Object.hasOwn(meaningless, name) ? meaningless[name] : undefined
  if (kind === undefined) return 0
  return kind === 'with a value' && !isInline ? 2 : 1
}

/** What else `mcp-remote` knows, and what says it here. */
export const instead: Record<string, string> = {
  '--ignore-tool': 'tools are allowed and forbidden in the app',
  '--static-oauth-client-info': 'say --client-id, and --client-secret-env where it has a secret',
  '--static-oauth-client-metadata': 'the app knows what to say of itself',
  '--client-metadata-url': 'the company names the document of the app',
  '--resource': 'a server’s own name for itself is used',
  '--client-credentials': 'a person signs in, or --bearer-env brings a token',
  '--device-code': 'the app signs in, also without a browser',
}
