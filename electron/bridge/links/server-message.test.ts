import { describe, expect, test } from 'vitest'
import { idKey, readServerMessages, withId } from './server-message.ts'

const read = (text: string | Buffer) => readServerMessages(Buffer.from(text))
const lineOf = (text: string) => read(text).map((message) => ('line' in message ? message.line.toString() : message))

describe('what a server sent', () => {
  test('passes with every byte as it was: numbers, key order, unknown members, lone surrogates, __proto__', () => {
    const text =
      '{"result":{"n":1.0,"big":12345678901234567890,"e":1e400,"s":"\\ud800","__proto__":1},"x":[ 1 ],"id":1,"jsonrpc":"2.0"}'
    expect(lineOf(text)).toEqual([text])
  })

  test('newlines between tokens become spaces, so that it is one line', () => {
    expect(lineOf('{\r\n "jsonrpc": "2.0",\n "id": 1,\n "result": {}\n}')).toEqual([
      '{   "jsonrpc": "2.0",  "id": 1,  "result": {} }',
    ])
  })

  test('a newline within a string is no JSON, and its request is told', () => {
    expect(read('{"jsonrpc":"2.0","id":4,"result":{"a":"x\ny"}}')).toMatchObject([{ kind: 'bad', id: '4' }])
  })

  test('an array is split into its messages', () => {
    const messages = read('[{"jsonrpc":"2.0","id":1,"result":{}}, {"jsonrpc":"2.0","method":"notifications/x"}]')
    expect(messages).toMatchObject([
      { kind: 'response', id: '1' },
      { kind: 'notification', method: 'notifications/x' },
    ])
  })

  test.each([
    ['{"jsonrpc":"2.0","id":3,"result":{}', '3'],
    ['{"jsonrpc":"1.0","id":3,"result":{}}', '3'],
    ['{"jsonrpc":"2.0","id":3}', '3'],
    ['{"id":3,"hello":"world"}', '3'],
    ['<html>', null],
    ['{"jsonrpc":"2.0","result":{}}', null],
    ['"text"', null],
    ['', null],
  ])('%s is bad, and its id is known where it has one', (text, id) => {
    expect(read(text)).toMatchObject([{ kind: 'bad', id }])
  })

  test('invalid UTF-8 is bad', () => {
    const text = Buffer.concat([
      Buffer.from('{"jsonrpc":"2.0","id":3,"result":{"a":"'),
      Buffer.from([0xff]),
      Buffer.from('"}}'),
    ])
    expect(readServerMessages(text)).toMatchObject([{ kind: 'bad', id: '3' }])
  })

  test('a large text that is not JSON inside is found out, whatever its size', () => {
    const large = `{"jsonrpc":"2.0","id":3,"result":{"a":"${'x'.repeat(2_000_000)}\u0001"}}`
    expect(read(large)).toMatchObject([{ kind: 'bad', id: '3' }])
  })

  test('a BOM and blanks around are no part of it', () => {
    expect(read('\ufeff {"jsonrpc":"2.0","id":1,"result":{}} ')).toMatchObject([{ kind: 'response', id: '1' }])
  })

  test('an error may come without an id', () => {
    expect(read('{"jsonrpc":"2.0","id":null,"error":{"code":-1,"message":"m"}}')).toMatchObject([
      { kind: 'response', id: null },
    ])
  })
})

test('ids are the same by what they say, and 1 is not "1"', () => {
  expect(idKey('1')).toBe(idKey('1.0'))
  expect(idKey('1')).not.toBe(idKey('"1"'))
  expect(idKey('12345678901234567890')).not.toBe(idKey('12345678901234567891'))
})

test('an id is written anew and every other byte stays; one that is missing is added', () => {
  const line = Buffer.from('{"jsonrpc":"2.0", "id" : 1.0 ,"result":{"id":1.0}}')
  const [message] = readServerMessages(line)
  const span = message?.kind === 'response' ? message.idSpan : null
  expect(withId(line, '1', span).toString()).toBe('{"jsonrpc":"2.0", "id" : 1 ,"result":{"id":1.0}}')
  expect(withId(Buffer.from('{"error":{}}'), '"a"', null).toString()).toBe('{"id":"a","error":{}}')
})
