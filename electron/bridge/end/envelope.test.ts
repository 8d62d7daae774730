import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createEnvelopeReader } from './envelope.ts'

function read(text: string, cuts: number[] = []) {
  const bytes = Buffer.from(text)
  const reader = createEnvelopeReader()
  const at = [0, ...cuts.map((cut) => Math.min(cut, bytes.length)).sort((left, right) => left - right), bytes.length]
  for (let index = 1; index < at.length; index += 1) reader.feed(bytes, at[index - 1] as number, at[index] as number)
  return reader.finish()
}

test.each([
  ['{"jsonrpc":"2.0","id":1,"method":"a"}', '1', 'a', false],
  [
    '{"method":"tools/call","params":{"id":5,"method":"x","error":1},"jsonrpc":"2.0","id":"é"}',
    '"é"',
    'tools/call',
    false,
  ],
  ['{ "id" : -12.5e3 , "error" : {"code":1} }', '-12.5e3', null, true],
  ['{"id":"a\\"}","method":"m\\\\"}', '"a\\"}"', 'm\\\\', false],
  ['{"id":null,"method":"n"}', null, 'n', false],
  ['{"id":{"id":1},"method":"n"}', null, 'n', false],
  ['{"id":[1]}', null, null, false],
  ['[{"id":1,"method":"a"}]', null, null, false],
  [`{"id":"${'x'.repeat(300)}","method":"a"}`, null, 'a', false],
  ['{"x":"\\\\","id":7}', '7', null, false],
  ['garbage', null, null, false],
  ['{:1}', null, null, false],
  ['{"":1,"id":-5}', '-5', null, false],
  [`{"${'k'.repeat(300)}":1,"id":[],"method":"${'m'.repeat(300)}"}`, null, 'm'.repeat(255), false],
])('%s', (text, id, method, error) => {
  expect(read(text)).toEqual({ id, method, error, bytes: Buffer.byteLength(text) })
})

test('reads the same however the line arrives, and as JSON.parse would', () => {
  const ids = fc.oneof(fc.integer(), fc.string({ unit: 'binary', maxLength: 30 }))
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), ids, fc.array(fc.nat(400)), (others, id, cuts) => {
      const text = JSON.stringify({ a: others, method: 'm', b: JSON.stringify(others), id })
      expect(read(text, cuts)).toMatchObject({ id: JSON.stringify(id), method: 'm' })
    }),
    { numRuns: 100 },
  )
})

test('in long strings no quote and no escape is passed over, wherever it stands', () => {
  for (const before of [0, 30, 31, 32, 33, 4090, 4126, 4127, 4128, 4129, 9000]) {
    for (const text of ['\\"', '\\\\', '', '\\u0022']) {
      const line = `{"x":"${'m'.repeat(before)}${text}${'m'.repeat(50)}","id":7,"method":"a"}`
      expect([before, text, read(line).id]).toEqual([before, text, '7'])
    }
  }
})
