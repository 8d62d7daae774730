import { readFile } from 'node:fs/promises'
import type { IncomingMessage } from 'node:http'

type Ports = { remotePort?: number | undefined; localPort?: number | undefined }

/** Why a request is refused before anything looks at what it wants, or null. */
export function findRefusal(request: IncomingMessage, port: number): string | null {
  const { host, origin, 'sec-fetch-site': site, 'sec-fetch-mode': mode } = request.headers
  // A name of someone else's that resolves to 127.0.0.1 (DNS rebinding) arrives under that name.
  if (host !== `127.0.0.1:${port}` && host !== `localhost:${port}`) return 'the Host header is not this server'
  if (origin !== undefined && origin !== `http://${host}`) return 'the request comes from another site'
  if (request.method === 'POST' && origin === undefined) return 'the request does not say where it comes from'
  const opensPage = request.method === 'GET' && request.url === '/' && mode === 'navigate'
  if (site !== undefined && site !== 'same-origin' && !(opensPage || site === 'none'))
    return 'the request comes from another site'
  return null
}

/**
 * Loopback is shared by every person on a machine, and command lines (with the address a browser is started with) are
 * visible to all of them. Linux says whose the other end is: only ours and root's are served. Elsewhere, and where the
 * table says nothing, the token alone decides.
 */
export async function isForeignPeer({ remotePort, localPort }: Ports, ownUid: number) {
  const table = await readFile('/proc/net/tcp', 'utf8').catch(() => '')
  return isForeignRow(table, { remotePort, localPort }, ownUid)
}

export function isForeignRow(table: string, ports: Ports, ownUid: number) {
  const hex = (port: number | undefined) => (port ?? 0).toString(16).toUpperCase().padStart(4, '0')
  const wanted = `0100007F:${hex(ports.remotePort)} 0100007F:${hex(ports.localPort)}`
  const row = table.split('\n').find((line) => line.includes(`: ${wanted} `))
  if (row === undefined) return false
  const [, , , state, , , , uid] = row.trim().split(/\s+/)
  // An end that has already closed is listed as root's; nobody waits for its answer, so it gets none.
  return state !== '01' || (Number(uid) !== ownUid && Number(uid) !== 0)
}
