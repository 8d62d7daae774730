import type { createWebFiles } from '../lib/web-files.ts'
import { isWindowUrl } from './window-url.ts'

/** Answers `app://ui/…` from the built window: GET only, this host only, the bundle's files only. */
export function createWindowFiles(read: ReturnType<typeof createWebFiles>) {
  return async (request: Pick<Request, 'method' | 'url'>): Promise<Response> => {
    if (request.method !== 'GET' || !isWindowUrl(request.url)) return new Response(null, { status: 404 })
    const { status, headers, body } = await read(new URL(request.url).pathname || '/')
    return new Response(body, { status, headers })
  }
}
