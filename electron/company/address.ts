import { Problem } from '../../shared/problems.ts'
import { isLoopback } from '../lib/fetch-document.ts'

/** What a person types or pastes, such as `mcp.example.com`, as a company's address: https, no query, no closing slash. */
export function toAddress(text: string): string {
  const typed = text.trim()
  const url = URL.parse(/^[a-z][a-z0-9+.-]*:\/\//i.test(typed) ? typed : `https://${typed}`)
  const readable = url && url.hostname !== '' && !/\s/.test(typed)
  if (!readable) throw new Problem('app.company-invalid', `“${typed.slice(0, 100)}” is not an address`)
  if (url.username || url.password)
    throw new Problem('app.company-invalid', 'an address carries no user name or password')
  if (url.protocol !== 'https:' && !isLoopback(url))
    throw new Problem('app.company-invalid', `${url.host} must be reached over https`)
  const path = url.pathname.replace(/\/\.well-known\/causeway\.json$/, '').replace(/\/+$/, '')
  return `${url.origin}${path}`
}

export const wellKnown = (address: string) => `${address}/.well-known/causeway.json`
