import { describe, expect, test } from 'vitest'
import type { Message } from '../message.ts'
import { readServerMessages, type ServerMessage } from './server-message.ts'
import { createWireIds } from './wire-ids.ts'

const request = (line: string, id = '1', method = 'tools/call'): Pick<Message, 'line' | 'kind' | 'id' | 'method'> => ({
  line: Buffer.from(line),
  kind: 'request',
  id,
  method,
})
const fromServer = (text: string) => readServerMessages(Buffer.from(text))[0] as ServerMessage
const call = '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a","n":1.0}}'
const wireIdOf = (line: Buffer) => String(JSON.parse(line.toString()).id)

describe('on a wire everyone can read', () => {
  test('only the id differs from what the client sent, and it cannot be guessed', () => {
    const ids = createWireIds()
    const first = ids.toWire(request(call))
    const second = ids.toWire(request(call, '2'))
    expect(first.toString()).toBe(call.replace('"id":1', `"id":"${wireIdOf(first)}"`))
    expect(wireIdOf(first)).toMatch(/^[\w-]{22}$/)
    expect(wireIdOf(first)).not.toBe(wireIdOf(second))
  })

  test.each(['0', '""', '"a b"', '12345678901234567890', '"\\u00e9"'])(
    'the id %s comes back as it was, byte for byte',
    (id) => {
      const ids = createWireIds()
      const wire = wireIdOf(ids.toWire(request(`{"jsonrpc":"2.0","id":${id},"method":"ping"}`, id)))
      const back = ids.fromWire(fromServer(`{"jsonrpc": "2.0", "id": "${wire}", "result": {"x":1.0}}`))
      expect(back).toMatchObject({ id })
      expect(back?.kind === 'response' && back.line.toString()).toBe(
        `{"jsonrpc": "2.0", "id": ${id}, "result": {"x":1.0}}`,
      )
    },
  )

  test('another person’s answer is dropped, also under the id our client used', () => {
    const ids = createWireIds()
    ids.toWire(request(call))
    expect(ids.fromWire(fromServer('{"jsonrpc":"2.0","id":1,"result":{"secret":1}}'))).toBeNull()
    expect(ids.fromWire(fromServer('{"jsonrpc":"2.0","id":"someone-else","result":{}}'))).toBeNull()
    expect(ids.fromWire(fromServer('{"jsonrpc":"2.0","id":null,"error":{"code":1,"message":""}}'))).toBeNull()
  })

  test('an answer after the end of its request is nobody’s', () => {
    const ids = createWireIds()
    const wire = wireIdOf(ids.toWire(request(call)))
    ids.release('1')
    expect(ids.fromWire(fromServer(`{"jsonrpc":"2.0","id":"${wire}","result":{}}`))).toBeNull()
  })

  test('questions and notices that name no one are not shown to anyone; a changed list is news for all', () => {
    const ids = createWireIds()
    expect(ids.fromWire(fromServer('{"jsonrpc":"2.0","id":1,"method":"sampling/createMessage"}'))).toBeNull()
    expect(ids.fromWire(fromServer('{"jsonrpc":"2.0","method":"notifications/message","params":{}}'))).toBeNull()
    expect(ids.fromWire(fromServer('{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}'))).not.toBeNull()
  })

  test('progress comes back under the client’s own token, and another’s progress not at all', () => {
    const ids = createWireIds()
    const sent = ids.toWire(
      request('{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"_meta":{"progressToken":7}}}'),
    )
    const token = JSON.parse(sent.toString()).params._meta.progressToken
    const progress = (value: unknown) =>
      fromServer(JSON.stringify({ jsonrpc: '2.0', method: 'notifications/progress', params: { progressToken: value } }))
    const back = ids.fromWire(progress(token))
    expect(back?.kind === 'notification' && JSON.parse(back.line.toString()).params.progressToken).toBe(7)
    expect(ids.fromWire(progress(7))).toBeNull()
  })

  test('a cancel names the request by its id on the wire', () => {
    const ids = createWireIds()
    const wire = wireIdOf(ids.toWire(request(call)))
    const cancel = '{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}'
    const sent = ids.toWire({
      line: Buffer.from(cancel),
      kind: 'notification',
      id: null,
      method: 'notifications/cancelled',
    })
    expect(JSON.parse(sent.toString()).params.requestId).toBe(wire)
  })
})
