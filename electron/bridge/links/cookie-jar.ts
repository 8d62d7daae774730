type Cookie = { name: string; value: string; host: string; path: string; isSecure: boolean; expiresAt: number }

const mostCookies = 50
const longestCookie = 4096

function readCookie(text: string, url: URL, now: number): Cookie | null {
  if (text.length > longestCookie) return null
  const [pair = '', ...attributes] = text.split(';')
  const equals = pair.indexOf('=')
  if (equals < 1) return null
  const slash = url.pathname.lastIndexOf('/')
  const cookie: Cookie = {
    name: pair.slice(0, equals).trim(),
    value: pair.slice(equals + 1).trim(),
    host: url.hostname,
    path: slash > 0 ? url.pathname.slice(0, slash) : '/',
    isSecure: false,
    expiresAt: Number.POSITIVE_INFINITY,
  }
  let maxAge: number | undefined
  for (const attribute of attributes) {
    const [name = '', value = ''] = attribute.split('=', 2).map((part) => part.trim())
    const key = name.toLowerCase()
    if (key === 'path' && value.startsWith('/')) cookie.path = value
    else if (key === 'secure') cookie.isSecure = true
    else if (key === 'max-age' && /^-?\d+$/.test(value)) maxAge = Number(value)
    else if (key === 'expires' && !Number.isNaN(Date.parse(value))) cookie.expiresAt = Date.parse(value)
  }
  if (maxAge !== undefined) cookie.expiresAt = now + maxAge * 1000
  return cookie
}

const isUnder = (path: string, folder: string) =>
  path === folder || path.startsWith(folder.endsWith('/') ? folder : `${folder}/`)

/**
 * Keeps what a load balancer needs to send a session to the same machine again (RFC 6265). Each cookie goes back to
 * the very host that set it: a `Domain` attribute never widens it, so no cookie reaches another server.
 */
export function createCookieJar({ now = Date.now }: { now?: () => number } = {}) {
  let cookies: Cookie[] = []

  function store(url: URL, setCookie: string | string[] | undefined) {
    for (const text of setCookie === undefined ? [] : [setCookie].flat()) {
      const cookie = readCookie(text, url, now())
      if (!cookie) continue
      const { name, host, path } = cookie
      cookies = cookies.filter((old) => old.name !== name || old.host !== host || old.path !== path)
      if (cookie.expiresAt > now()) cookies.push(cookie)
    }
    cookies = cookies.slice(-mostCookies)
  }

  /** The `cookie` header for a request, or undefined. */
  function header(url: URL): string | undefined {
    if (cookies.length === 0) return undefined
    cookies = cookies.filter((cookie) => cookie.expiresAt > now())
    const fitting = cookies.filter(
      ({ host, path, isSecure }) =>
        host === url.hostname && isUnder(url.pathname, path) && (!isSecure || url.protocol === 'https:'),
    )
    return fitting.length > 0 ? fitting.map(({ name, value }) => `${name}=${value}`).join('; ') : undefined
  }

  return { store, header }
}
