import { createHash, randomBytes } from 'node:crypto'
import { z } from 'zod'
import type { Company } from './company.ts'
import { clientId, scopes } from './sso/sso.ts'

export const Tokens = z.object({
  access_token: z.string(),
  refresh_token: z.string(),
  id_token: z.string(),
  expires_in: z.number(),
  scope: z.string(),
})
export type Tokens = z.infer<typeof Tokens>

const redirectUri = 'http://127.0.0.1:51234/callback'

/** A person's sign-in without a browser: code and PKCE, the redirects followed and the login form posted over HTTP. */
export async function signIn({ issuer }: Pick<Company, 'issuer'>, person: string): Promise<Tokens> {
  const browser = createBrowser()
  const verifier = randomBytes(32).toString('base64url')
  const state = randomBytes(8).toString('hex')
  const start = new URL('/auth', issuer)
  start.search = new URLSearchParams({
    client_id: clientId,
    response_type: 'code',
    redirect_uri: redirectUri,
    scope: scopes.join(' '),
    state,
    prompt: 'consent',
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
  }).toString()

  const login = await browser.open(start.href)
  const page = await login.response.text()
  const action = /<form method="post" action="([^"]+)"/.exec(page)?.[1]
  if (!action) throw new Error(`No login form at ${login.url}: ${page.slice(0, 500)}`)
  const done = await browser.open(new URL(action, login.url).href, { person, password: '', do: 'sign-in' })
  const answer = new URL(done.url).searchParams
  const code = answer.get('code')
  if (!code || answer.get('state') !== state) throw new Error(`The sign-in ended at ${done.url}`)

  const response = await askToken(issuer, {
    grant_type: 'authorization_code',
    code,
    redirect_uri: redirectUri,
    code_verifier: verifier,
  })
  return Tokens.parse(await response.json())
}

export const refresh = (issuer: string, refreshToken: string, extra: Record<string, string> = {}) =>
  askToken(issuer, { grant_type: 'refresh_token', refresh_token: refreshToken, ...extra })

export const askToken = (issuer: string, form: Record<string, string>) => post(`${issuer}/token`, form)
export const post = (url: string, form: Record<string, string>) =>
  fetch(url, { method: 'POST', body: new URLSearchParams({ client_id: clientId, ...form }) })

/** Follows redirects with cookies until a page, or the app's own redirect URI, which it does not call. */
function createBrowser() {
  const cookies = new Map<string, string>()
  async function open(url: string, form?: Record<string, string>): Promise<{ url: string; response: Response }> {
    const response = await fetch(url, {
      redirect: 'manual',
      headers: { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') },
      ...(form ? { method: 'POST', body: new URLSearchParams(form) } : {}),
    })
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      cookies.set(name, value)
    }
    const location = response.headers.get('location')
    if (!location) return { url, response }
    const next = new URL(location, url).href
    return next.startsWith(redirectUri) ? { url: next, response } : open(next)
  }
  return { open }
}
