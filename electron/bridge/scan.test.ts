import fc from 'fast-check'
import { expect, test } from 'vitest'
import { findText } from './json-walk.ts'
import { scan } from './scan.ts'

const read = (text: string) => scan(Buffer.from(text))
const message = (text: string) => {
  const scanned = read(text)
  if (!scanned.ok) throw new Error(scanned.error.message)
  const { kind, id, method, target } = scanned.message
  return { kind, id, method, target }
}
const errorCode = (text: string | Buffer) => {
  const scanned = scan(Buffer.from(text))
  return scanned.ok ? null : scanned.error.code
}

test('knows requests, notifications and answers apart, wherever their members stand', () => {
  expect(message('{"method":"tools/call","params":{"name":"a"},"jsonrpc":"2.0","id":1}')).toEqual({
    kind: 'request',
    id: '1',
    method: 'tools/call',
    target: 'a',
  })
  expect(message('{"jsonrpc":"2.0","method":"notifications/initialized"}').kind).toBe('notification')
  expect(message('{"result":{"id":2,"method":"x"},"id":"a","jsonrpc":"2.0"}')).toEqual({
    kind: 'response',
    id: '"a"',
    method: null,
    target: null,
  })
  expect(message('{"jsonrpc":"2.0","id":null,"error":{"code":1,"message":""}}')).toMatchObject({
    kind: 'response',
    id: null,
  })
})

test('finds what a call is about', () => {
  const target = (method: string, params: string) =>
    message(`{"jsonrpc":"2.0","id":1,"method":"${method}","params":${params}}`).target
  expect(target('tools/call', '{"arguments":{"name":"no"},"name":"yes"}')).toBe('yes')
  expect(target('prompts/get', '{"name":"p"}')).toBe('p')
  expect(target('resources/read', '{"uri":"file:///a b"}')).toBe('file:///a b')
  expect(target('completion/complete', '{"ref":{"type":"ref/prompt","name":"r"}}')).toBe('r')
  expect(target('completion/complete', '{"ref":{"type":"ref/resource","uri":"u"}}')).toBe('u')
  expect(target('tools/call', '[]')).toBeNull()
  expect(target('other', '{"name":"x"}')).toBeNull()
})

test('reads an escaped key or name as every server would', () => {
  expect(
    message('{"jsonrpc":"2.0","\\u0069d":7,"method":"tools/call","params":{"n\\u0061me":"\\u0061"}}'),
  ).toMatchObject({ id: '7', target: 'a' })
})

test('refuses what two readers could understand in two ways', () => {
  expect(errorCode('{"jsonrpc":"2.0","id":1,"method":"a","method":"b"}')).toBe(-32600)
  expect(errorCode('{"jsonrpc":"2.0","id":1,"id":2,"method":"a"}')).toBe(-32600)
  expect(errorCode('{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a","n\\u0061me":"b"}}')).toBe(
    -32600,
  )
  const completion = (ref: string) => `{"jsonrpc":"2.0","id":1,"method":"completion/complete","params":{${ref}}}`
  expect(errorCode(completion('"ref":{"name":"a"},"ref":{"name":"b"}'))).toBe(-32600)
  expect(errorCode(completion('"ref":{"uri":"a","uri":"b"}'))).toBe(-32600)
  expect(message(completion('"ref":{"name":7,"uri":"u"}')).target).toBe('u')
  expect(message(completion('"ref":"name"')).target).toBe(null)
})

test.each([
  ['', -32700],
  ['{', -32700],
  ['{"jsonrpc":"2.0"} x', -32700],
  ['<html>', -32700],
  ['1', -32600],
  ['null', -32600],
  ['{}', -32600],
  ['{"id":1,"method":"a"}', -32600],
  ['{"jsonrpc":"1.0","id":1,"method":"a"}', -32600],
  ['{"jsonrpc":"2.0","id":1}', -32600],
  ['{"jsonrpc":"2.0","id":[],"method":"a"}', -32600],
  ['{"jsonrpc":"2.0","id":true,"method":"a"}', -32600],
  ['{"jsonrpc":"2.0","id":1,"method":2}', -32600],
  ['{"jsonrpc":"2.0","id":1,"result":1,"error":2}', -32600],
  [`{"jsonrpc":"2.0","id":"${'x'.repeat(300)}","method":"a"}`, -32600],
])('%s is answered with %i', (text, code) => {
  expect(errorCode(text)).toBe(code)
})

test('edge 1, invalid UTF-8 is not JSON, a byte order mark is skipped', () => {
  expect(errorCode(Buffer.from([0x22, 0xff, 0x22]))).toBe(-32700)
  expect(message('\ufeff{"jsonrpc":"2.0","id":1,"method":"a"}').id).toBe('1')
})

test('nesting of any depth and members called __proto__ are only text', () => {
  const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`
  expect(
    message(
      `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"__proto__":{"name":"evil"},"deep":${deep},"name":"a"}}`,
    ).target,
  ).toBe('a')
})

test('a line of many megabytes is read without being parsed', () => {
  const big = `{"method":"tools/call","params":{"arguments":{"text":"${'\\"x\\\\'.repeat(1_000_000)}"},"name":"big"},"jsonrpc":"2.0","id":3}`
  expect(message(big)).toMatchObject({ id: '3', target: 'big' })
})

test('any message JSON can say is read as JSON.parse reads it', () => {
  const member = fc.tuple(fc.string({ unit: 'binary' }), fc.jsonValue())
  fc.assert(
    fc.property(
      fc.array(member),
      fc.oneof(fc.integer(), fc.string({ unit: 'binary', maxLength: 20 })),
      fc.string(),
      (others, id, name) => {
        const text = JSON.stringify({
          ...Object.fromEntries(others),
          jsonrpc: '2.0',
          id,
          method: 'tools/call',
          params: { a: others, name },
        })
        expect(message(text)).toEqual({
          kind: 'request',
          id: JSON.stringify(id).replace(/^-0$/, '0'),
          method: 'tools/call',
          target: name,
        })
        expect(JSON.parse(findText(Buffer.from(text), ['params', 'a']) as string)).toEqual(
          JSON.parse(JSON.stringify(others)),
        )
      },
    ),
    { numRuns: 100 },
  )
})

test('no bytes at all can make it throw', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.uint8Array({ maxLength: 60 }),
        fc.string().map((text) => Buffer.from(`{"jsonrpc":"2.0",${text}}`)),
      ),
      (bytes) => {
        scan(Buffer.from(bytes))
      },
    ),
    { numRuns: 1000 },
  )
})
