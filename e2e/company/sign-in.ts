import { createHash, randomBytes } from 'node:crypto'
import { z } from 'zod'
import type { Company } from './company.ts'
import { clientId, scopes } from './sso/configuration.ts'

export const Tokens = z.object({
  access_token: z.string(),
  refresh_token: z.string(),
  id_token: z.string(),
  expires_in: z.number(),
  scope: z.string(),
})
export type Tokens = z.infer<typeof Tokens>

const appOrigin = 'http://127.0.0.1:51234/'
const redirectUri = `${appOrigin}callback`

/** A person's sign-in without a browser: code and PKCE, the redirects followed and the login form posted over HTTP. */
export async function signIn(
  { issuer }: Pick<Company, 'issuer'>,
  person: string,
  { client = clientId }: { client?: string } = {},
): Promise<Tokens> {
  const browser = createBrowser()
  const verifier = randomBytes(32).toString('base64url')
  const state = randomBytes(8).toString('hex')
  const start = new URL('/auth', issuer)
  start.search = new URLSearchParams({
    client_id: client,
    response_type: 'code',
    redirect_uri: redirectUri,
    scope: scopes.join(' '),
    state,
    prompt: 'consent',
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
  }).toString()

  const done = await browser.submit(await browser.open(start.href), { person, password: '', do: 'sign-in' })
  const answer = new URL(done.url).searchParams
  const code = answer.get('code')
  if (!code || answer.get('state') !== state) throw new Error(`The sign-in ended at ${done.url}`)

  const response = await askToken(issuer, {
    client_id: client,
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

type Page = { url: string; text: string; headers: Headers }

/** Enough of a browser for pages without scripts: cookies, redirects, forms. It stops at the app's own addresses. */
export function createBrowser() {
  const cookies = new Map<string, string>()

  async function open(url: string, form?: Record<string, string>): Promise<Page> {
    const response = await fetch(url, {
      redirect: 'manual',
      headers: { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') },
      ...(form ? { method: 'POST', body: new URLSearchParams(form) } : {}),
    })
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      cookies.set(name, value)
    }
    const { headers } = response
    const location = headers.get('location')
    if (!location) return { url, headers, text: await response.text() }
    const next = new URL(location, url).href
    return next.startsWith(appOrigin) ? { url: next, headers, text: '' } : open(next)
  }

  /** Sends the page's form: its hidden fields and what the person fills in. */
  async function submit({ url, text }: Page, fields: Record<string, string> = {}) {
    const action = /<form[^>]* action="([^"]+)"/.exec(text)?.[1]
    if (!action) throw new Error(`No form at ${url}: ${text.slice(0, 1000)}`)
    const hidden = [...text.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)"/g)]
    return open(new URL(action, url).href, {
      ...Object.fromEntries(hidden.map(([, name = '', value = '']) => [name, value])),
      ...fields,
    })
  }
  return { open, submit }
}
