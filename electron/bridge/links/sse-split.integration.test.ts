import { describe, expect, test } from 'vitest'
import { event, type Handler, initialized, type Reply, startRawServer } from './raw-server.ts'
import { codeOf, openTestLink, until } from './test-link.ts'

const open = (url: string, options: Parameters<typeof openTestLink>[1] = {}) =>
  openTestLink({ transport: 'sse-split', streamUrl: `${url}/events`, messageUrl: `${url}/rpc` }, options)
const ok = (id: unknown, result: unknown = {}) => ({ jsonrpc: '2.0', id, result })

/** A server of one’s own making: `initialize` is answered by POST, all else is broadcast to every open stream. */
function splitServer({ answer }: { answer?: Handler } = {}) {
  const streams = new Set<ReturnType<Reply['stream']>>()
  const broadcast = (text: string) => {
    for (const stream of streams) stream.write(text)
  }
  const handler: Handler = (seen, reply) => {
    const { id, method, params } = seen.message
    if (seen.method === 'GET') {
      const stream = reply.stream()
      streams.add(stream)
      reply.response.on('close', () => streams.delete(stream))
      return stream.write(
        ': welcome\r\n\r\nevent: system\r\ndata: {"type":"connected","client":42}\r\n\r\nevent: greeting\r\ndata: hi\r\n\r\n',
      )
    }
    if (seen.path !== '/rpc') return reply.text('', 404)
    if (method === 'initialize') return reply.result(initialized)
    if (id === undefined) return reply.text('', 204)
    if (answer?.(seen, reply)) return
    reply.json(ok(id, { status: 'accepted' }), 202)
    if (params?.name === 'slow') return
    const name = { a: 'message', b: 'progress', c: 'system' }[String(params?.name)]
    setTimeout(
      () => broadcast(event(ok(id, { told: params?.arguments }), name ? { name } : {}).replaceAll('\n', '\r\n')),
      5,
    )
  }
  return { handler, broadcast, streams }
}

describe('a stream and a message address by configuration', () => {
  test('initialize is answered by the POST, calls on the stream, the receipt never', async () => {
    const split = splitServer()
    const server = await startRawServer(split.handler)
    const link = open(server.url)
    expect(await link.initialize()).toMatchObject({ result: initialized })
    for (const name of ['a', 'b', 'c', 'none'])
      expect(await link.call(`call-${name}`, name, { n: name })).toMatchObject({ result: { told: { n: name } } })
    expect(link.delivered).toHaveLength(5)
    expect(link.delivered.join()).not.toContain('accepted')
  })

  test('the stream is open before the first message is sent', async () => {
    const split = splitServer()
    const server = await startRawServer(split.handler)
    await open(server.url).initialize()
    expect(server.requests.map((seen) => seen.method)).toEqual(expect.arrayContaining(['GET', 'POST']))
    expect(server.requests[0]?.method).toBe('GET')
  })

  test('two people with the same ids: each gets their own answer and none of the other’s', async () => {
    const split = splitServer()
    const server = await startRawServer(split.handler)
    const [ann, bob] = [open(server.url), open(server.url)]
    await Promise.all([ann.initialize(0), bob.initialize(0)])
    await Promise.all(
      Array.from({ length: 10 }, (_, at) => at + 1).flatMap((id) => [
        ann.call(id, 'a', { of: 'ann', id }),
        bob.call(id, 'a', { of: 'bob', id }),
      ]),
    )
    expect(ann.delivered).toHaveLength(11)
    expect(bob.delivered).toHaveLength(11)
    expect(ann.delivered.join()).not.toContain('"bob"')
    expect(bob.delivered.join()).not.toContain('"ann"')
    for (let id = 1; id <= 10; id += 1)
      expect(await ann.outcome(id)).toMatchObject({ result: { told: { of: 'ann', id } } })
  })

  test('ids on the wire are unguessable; an answer under the client’s own id is dropped, so are questions and notices to nobody', async () => {
    const split = splitServer()
    const server = await startRawServer(split.handler)
    const link = open(server.url)
    await link.initialize()
    link.send({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'slow' } })
    const posted = await until(() => server.posts('tools/call')[0])
    expect(posted.message.id).toMatch(/^[\w-]{22}$/)
    split.broadcast(event(ok(1, { forged: true })))
    split.broadcast(event({ jsonrpc: '2.0', id: 9, method: 'sampling/createMessage' }))
    split.broadcast(event({ jsonrpc: '2.0', method: 'notifications/message', params: { data: 'of someone else' } }))
    split.broadcast(event({ jsonrpc: '2.0', method: 'notifications/tools/list_changed' }))
    split.broadcast(event(ok(posted.message.id, { real: true })))
    expect(await link.outcome(1)).toMatchObject({ result: { real: true } })
    expect(link.delivered.slice(1).map((line) => JSON.parse(line).method ?? 'answer')).toEqual([
      'notifications/tools/list_changed',
      'answer',
    ])
  })

  test('an error in the POST’s body is the answer', async () => {
    const error = { code: -32001, message: 'role missing' }
    const split = splitServer({
      answer: ({ message }, reply) => {
        if (message.params?.name === 'refused') reply.json({ jsonrpc: '2.0', id: message.id, error }, 403)
        else if (message.params?.name === 'wrong') reply.json({ jsonrpc: '2.0', id: message.id, error }, 200)
        else return false
        return true
      },
    })
    const server = await startRawServer(split.handler)
    const link = open(server.url)
    await link.initialize()
    expect((await link.call(1, 'refused')).error).toEqual(error)
    expect((await link.call('two', 'wrong')).error).toEqual(error)
  })

  test('a receipt sent with 200 is no answer either; a result sent with 200 is one', async () => {
    const split = splitServer({
      answer: ({ message }, reply) => {
        if (message.params?.name === 'direct') return reply.result({ direct: true }) ?? true
        reply.json(ok(message.id, { status: 'accepted' }))
        setTimeout(() => split.broadcast(event(ok(message.id, { real: true }))), 5)
        return true
      },
    })
    const server = await startRawServer(split.handler)
    const link = open(server.url)
    await link.initialize()
    expect(await link.call(1)).toMatchObject({ result: { real: true } })
    expect(await link.call(2, 'direct')).toMatchObject({ result: { direct: true } })
  })

  test('a cut stream fails the running calls, and is opened again', async () => {
    const split = splitServer()
    const server = await startRawServer(split.handler)
    const link = open(server.url)
    await link.initialize()
    link.send({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'slow' } })
    await until(() => server.posts('tools/call').length === 1)
    for (const stream of split.streams) stream.cut()
    expect(codeOf(await link.outcome(1))).toBe('bridge.interrupted')
    expect(await link.call(2, 'a')).toMatchObject({ result: {} })
  })

  test('a cancel names the request by its id on the wire', async () => {
    const split = splitServer()
    const server = await startRawServer(split.handler)
    const link = open(server.url)
    await link.initialize()
    link.send({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'slow' } })
    const posted = await until(() => server.posts('tools/call')[0])
    link.notify('notifications/cancelled', { requestId: 1 })
    const cancel = await until(() => server.posts('notifications/cancelled')[0])
    expect(cancel.message.params?.requestId).toBe(posted.message.id)
  })
})
