import { readFile, realpath } from 'node:fs/promises'
import { extname, join, sep } from 'node:path'

const types: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
}

export type WebAnswer = { status: number; headers: Record<string, string>; body: Uint8Array<ArrayBuffer> }

/** What the built window may do. `connect` is `'none'` behind a preload and `'self'` over loopback. */
const contentPolicy = (connect: "'none'" | "'self'") =>
  [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "font-src 'self'",
    `connect-src ${connect}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
  ].join('; ')

/**
 * Serves the files of one folder by URL path. A path is a file's plain name or it is not found: nothing is decoded,
 * so `..`, `%2e`, `%00` and backslashes have no meaning here, and only the types listed above exist.
 */
export function createWebFiles({ folder, connect }: { folder: string; connect: "'none'" | "'self'" }) {
  const headers = {
    'Content-Security-Policy': contentPolicy(connect),
    'X-Content-Type-Options': 'nosniff',
    'Referrer-Policy': 'no-referrer',
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Resource-Policy': 'same-origin',
    'Cache-Control': 'no-store',
  }
  const notFound = (): WebAnswer => ({
    status: 404,
    headers: { ...headers, 'Content-Type': 'text/plain; charset=utf-8' },
    body: bytes(Buffer.from('Not found')),
  })

  return async function read(path: string): Promise<WebAnswer> {
    const name = path === '/' ? '/index.html' : path
    const type = types[extname(name)]
    if (!type || !/^(?:\/[\w-][\w.-]*)+$/.test(name)) return notFound()
    const found = await readInside(folder, name)
    return found ? { status: 200, headers: { ...headers, 'Content-Type': type }, body: bytes(found) } : notFound()
  }
}

/** A link that leads out of the folder is not followed. */
async function readInside(folder: string, name: string): Promise<Buffer | null> {
  try {
    const root = await realpath(folder)
    const path = await realpath(join(root, name))
    return path.startsWith(root + sep) ? await readFile(path) : null
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EISDIR' || code === 'ENAMETOOLONG') return null
    throw error
  }
}

const bytes = (buffer: Buffer) => new Uint8Array(buffer.buffer as ArrayBuffer, buffer.byteOffset, buffer.byteLength)
