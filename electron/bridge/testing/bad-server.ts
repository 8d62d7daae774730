import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { goodAnswer, largeAnswer, readMessage } from './bad-message.ts'

/** How one message is answered: by the POST itself, or on a stream where there is one. */
type Way = {
  id: string | null
  body: Buffer
  response: ServerResponse
  answer: (text: string) => void
  streamed: boolean
}

const bomb = Buffer.alloc(200 * 1024 * 1024, 0x20)
const page = '<html>Please sign in to the network</html>'
const json = { 'content-type': 'application/json' }

/** What can be wrong with the answer to a POST, over every transport. */
const ofPosts = (elsewhere: () => string): Record<string, (way: Way) => void> => ({
  html: ({ response }) => response.writeHead(200, { 'content-type': 'text/html' }).end(page),
  unavailable: ({ response }) => response.writeHead(503, { 'content-type': 'text/html' }).end(page),
  headers: ({ response }) => {
    response.socket?.on('error', () => {})
    response.socket?.write(`HTTP/1.1 200 OK\r\n${'x-fill: 0123456789\r\n'.repeat(50_000)}`)
  },
  elsewhere: ({ response }) => response.writeHead(307, { location: `${elsewhere()}/mcp` }).end(),
  gzip: ({ response }) =>
    response.writeHead(200, { ...json, 'content-encoding': 'gzip' }).end(gzipSync(bomb, { level: 1 })),
  unpackable: ({ response }) => response.writeHead(200, { ...json, 'content-encoding': 'gzip' }).end('not gzip'),
  cut: ({ response }) => {
    response.writeHead(200, { ...json, 'content-length': 1000 }).write('{"jsonrpc":')
    setTimeout(() => response.destroy(), 10)
  },
})
/** What can be wrong with the message itself. */
const ofMessages: Record<string, (way: Way) => void> = {
  large: ({ id, answer }) => answer(largeAnswer(id, 11 * 1024 * 1024)),
  endless: ({ id, answer }) => answer(largeAnswer(id, 70 * 1024 * 1024)),
  broken: ({ id, answer }) => answer(`{"jsonrpc":"2.0","id":${id},"result":{"text":"x}`),
}
/** Streamable HTTP alone: here the POST holds the answer. */
const ofHttp: Record<string, (way: Way) => void> = {
  empty: ({ response }) => response.writeHead(200, json).end(),
  nothing: ({ response }) => response.writeHead(204).end(),
  words: ({ response }) => response.writeHead(200, json).end('not json {'),
  brotli: ({ response }) => {
    const text = Buffer.concat([Buffer.from('data: '), bomb, Buffer.from('\n\n')])
    response.writeHead(200, { 'content-type': 'text/event-stream', 'content-encoding': 'br' })
    response.end(brotliCompressSync(text, { params: { 1: 1 } }))
  },
  nonsense: ({ id, response }) => {
    response.setHeader('content-type', 'text/event-stream').write(nonsense(id))
    response.end('data: [1,2\ndata: nonsense\n\n')
  },
}
const nonsense = (id: string | null) =>
  [
    'data: {"jsonrpc":"2.0","method":"notifications/message","params":\n\n',
    ': a comment\n\nfield\n:\n\nretry: soon\n\n',
    `event: other\ndata: {"jsonrpc":"2.0","id":${id},"result":{"text":"wrong event"}}\n\n`,
    `data: ${page}\n\ndata:\n\ndata: []\n\ndata: {"hello":1}\n\n`,
    'data: {"jsonrpc":"2.0","id":"nobody\'s","result":{}}\n\n',
  ].join('')

/** A server of Streamable HTTP, HTTP+SSE and split streams that answers as badly as the name of the tool says. */
export async function startBadServer() {
  let strayRequests = 0
  const stray = createServer((_, response) => {
    strayRequests += 1
    response.end()
  })
  const streams = new Set<ServerResponse>()
  const posts = ofPosts(() => urlOf(stray))

  function openStream(response: ServerResponse) {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    streams.add(response)
    response.on('close', () => streams.delete(response)).write(': welcome\n\nevent: endpoint\ndata: /messages\n\n')
  }
  function take(path: string, body: Buffer, response: ServerResponse) {
    const { id, name, method } = readMessage(body)
    if (id === null) return void response.writeHead(202).end()
    const streamed = path !== '/mcp'
    const isDirect = !streamed || (path === '/rpc' && method === 'initialize')
    const answer = (text: string) => {
      if (isDirect) return void response.writeHead(200, json).end(text)
      response.writeHead(202).end()
      for (const stream of streams) stream.write(`data: ${text}\n\n`)
    }
    const way = { id, body, response, answer, streamed }
    const bad = posts[name] ?? ofMessages[name] ?? (streamed ? ofStreams[name] : ofHttp[name])
    if (bad) return bad(way)
    answer(goodAnswer(body))
  }
  /** HTTP+SSE and split streams: the POST holds a receipt, whatever else it holds. */
  const ofStreams: Record<string, (way: Way) => void> = {
    nonsense: ({ id, body, answer }) => {
      for (const stream of streams) stream.write(nonsense(id))
      answer(goodAnswer(body))
    },
  }
  const server = createServer((request: IncomingMessage, response) => {
    const { url: path = '' } = request
    if (request.method === 'GET' && path !== '/mcp') return openStream(response)
    if (request.method !== 'POST') return void response.writeHead(405).end()
    const parts: Buffer[] = []
    request.on('data', (part) => parts.push(part)).on('end', () => take(path, Buffer.concat(parts), response))
  })
  const urlOf = (of: typeof server) => `http://127.0.0.1:${(of.address() as AddressInfo).port}`
  for (const each of [stray, server]) await new Promise<void>((resolve) => each.listen(0, '127.0.0.1', resolve))
  return {
    url: urlOf(server),
    strayRequests: () => strayRequests,
    close() {
      for (const each of [stray, server]) {
        each.closeAllConnections()
        each.close()
      }
    },
  }
}
