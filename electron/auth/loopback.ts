import { timingSafeEqual } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { brand } from '../../shared/brand.ts'
import { Problem } from '../../shared/problems.ts'
import { pageHeaders, toPages } from './done-page.ts'

const pages = toPages(brand.product)
/** After the answer the listener only lives for the page the browser is sent to. */
const lingerMs = 10_000

type Options = {
  /** How the SSO knows the address; whatever it is called, only this machine can reach it. */
  host?: '127.0.0.1' | '[::1]' | 'localhost'
  path?: string
  /** Ports registered with the SSO, in order of preference; empty means any free one. */
  ports: number[]
  /** The `state` of this attempt: an answer without it is somebody else’s. */
  state: string
  /** Whether the answer looks like success, which decides only what the browser shows. */
  isGood: (answer: URLSearchParams) => boolean
}

/**
 * Waits on 127.0.0.1 for the one answer of a login page (RFC 8252 §7.3). Whatever is not a GET of the exact path at the
 * exact host with our `state` is turned away and does not end the wait; the code leaves the address bar at once.
 */
export async function openLoopback({ host = '127.0.0.1', path = '/callback', ports, state, isGood }: Options) {
  const answer = Promise.withResolvers<URLSearchParams>()
  const server = createServer({ maxHeaderSize: 16 * 1024, headersTimeout: 5000, requestTimeout: 10_000 }, onRequest)
  server.maxConnections = 32
  const port = await listen(server, { bound: host === '[::1]' ? '::1' : '127.0.0.1', ports })
  let page: string | null = null

  function onRequest(request: IncomingMessage, response: ServerResponse) {
    const [asked = '', query = ''] = splitOnce(request.url ?? '', '?')
    // The Host check is the defence against a web page that makes its own name point here (DNS rebinding).
    if (request.method !== 'GET' || request.headers.host !== `${host}:${port}`) return send(response, 404)
    if (page && asked === '/done') return send(response, 200, page, close)
    if (page || asked !== path) return send(response, 404)
    const parameters = new URLSearchParams(query)
    if (!isAnswer(parameters, state)) return send(response, 400)
    page = isGood(parameters) ? pages.done : pages.failed
    response.writeHead(302, { ...pageHeaders, location: '/done' }).end()
    setTimeout(close, lingerMs).unref()
    answer.resolve(parameters)
  }

  function close() {
    server.close()
    server.closeAllConnections()
  }

  return { redirectUri: `http://${host}:${port}${path}`, answer: answer.promise, close }
}

function isAnswer(parameters: URLSearchParams, state: string) {
  const given = parameters.getAll('state')
  if (given.length !== 1 || !isSame(given[0] ?? '', state)) return false
  return parameters.getAll('code').length + parameters.getAll('error').length === 1
}

function isSame(left: string, right: string) {
  const [a, b] = [Buffer.from(left), Buffer.from(right)]
  return a.length === b.length && timingSafeEqual(a, b)
}

function splitOnce(text: string, mark: string) {
  const at = text.indexOf(mark)
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)]
}

function send(response: ServerResponse, status: number, html = '', after?: () => void) {
  if (after) response.once('close', after)
  response
    .writeHead(status, { ...pageHeaders, 'content-type': 'text/html; charset=utf-8', connection: 'close' })
    .end(html)
}

async function listen(server: Server, { bound, ports }: { bound: string; ports: number[] }) {
  for (const port of ports.length > 0 ? ports : [0]) {
    try {
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject)
        server.listen({ host: bound, port, exclusive: true }, () => {
          server.off('error', reject)
          resolve()
        })
      })
      return (server.address() as AddressInfo).port
    } catch {
      // Taken or forbidden: the next one may not be.
    }
  }
  throw new Problem('auth.ports-busy', describeBusy(bound, ports))
}

const describeBusy = (bound: string, ports: number[]) =>
  ports.length > 0
    ? `ports ${ports.join(', ')} of ${bound}; a sign-in with a code on another device needs none of them`
    : bound
