import type { HttpRequest } from './exchange.ts'

const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/
/** Anything but visible text, blanks and tabs could end the line and begin another header (RFC 9110 §5.5). */
const unfit = /[^\t\x20-\x7e\x80-\xff]/
const unfitForPath = /[^\x21-\x7e]/

/** From here on a copy of the body would cost more than a second buffer in the write. */
const worthCopying = 64 * 1024

/** What is written for one request: in one piece where it is small. Throws TypeError where a header cannot be sent. */
export function toRequestBytes({ origin, path, method, headers, body = null }: HttpRequest): Buffer[] {
  const head = toHead(origin, path, method, headers, body)
  if (!body || body.length > worthCopying)
    return body ? [Buffer.from(head, 'latin1'), body] : [Buffer.from(head, 'latin1')]
  const bytes = Buffer.allocUnsafe(head.length + body.length)
  bytes.write(head, 'latin1')
  body.copy(bytes, head.length)
  return [bytes]
}

function toHead(
  origin: string,
  path: string,
  method: string,
  headers: HttpRequest['headers'],
  body: Buffer | null,
): string {
  if (!path.startsWith('/') || unfitForPath.test(path)) throw new TypeError('this path cannot be sent')
  let head = `${method} ${path} HTTP/1.1\r\nhost: ${hostOf(origin)}\r\nconnection: keep-alive\r\n`
  for (const name in headers) {
    const value = headers[name]
    if (value === undefined) continue
    if (!token.test(name) || unfit.test(value)) throw new TypeError(`the header ${JSON.stringify(name)} cannot be sent`)
    head += `${name}: ${value}\r\n`
  }
  if (body || method === 'POST') head += `content-length: ${body?.length ?? 0}\r\n`
  return `${head}\r\n`
}

/** `https://host:8443` as it stands in the host header; an origin has no user and no path. */
const hostOf = (origin: string) => origin.slice(origin.indexOf('//') + 2)
