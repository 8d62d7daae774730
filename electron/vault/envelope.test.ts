import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { decode, encode } from './envelope.ts'

const key = Buffer.alloc(32, 7)
const by = { createdBy: 'causeway 0.1.0', backend: 'memory' }
const content = {
  generation: 12,
  secrets: new Map([
    ['refresh', 'r-1'],
    ['__proto__', 'é 😀 \u0000'],
  ]),
}

test('gives back what was sealed, whatever the names and values', () => {
  expect(decode(encode(content, key, by), key)).toEqual({ state: 'ok', content })
})

test('seals the same content differently each time', () => {
  expect(encode(content, key, by).equals(encode(content, key, by))).toBe(false)
})

test('says in its header who wrote it and with which key, and nothing of the content', () => {
  const text = encode(content, key, by).toString('latin1')
  expect(text.slice(0, 8)).toBe('CSWVAULT')
  expect(text).toContain('"createdBy":"causeway 0.1.0","backend":"memory"')
  expect(text).not.toContain('refresh')
  expect(text).not.toContain(key.toString('base64'))
})

test('finds a change of any single bit, header included', () => {
  const sealed = encode(content, key, by)
  for (let bit = 0; bit < sealed.length * 8; bit += 1) {
    const flipped = Buffer.from(sealed)
    flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7))
    expect(decode(flipped, key).state).not.toBe('ok')
  }
})

test('finds a file cut short at any byte', () => {
  const sealed = encode(content, key, by)
  for (let length = 0; length < sealed.length; length += 1)
    expect(decode(sealed.subarray(0, length), key).state).toBe('damaged')
})

test('opens with no other key, and tells that from a change', () => {
  const sealed = encode(content, key, by)
  expect(decode(sealed, randomBytes(32))).toEqual({ state: 'damaged', reason: 'it has another key' })
  sealed[sealed.length - 1] = (sealed.at(-1) ?? 0) ^ 1
  expect(decode(sealed, key)).toEqual({ state: 'damaged', reason: 'it was changed' })
})

test('knows a file of a newer version from a damaged one', () => {
  const sealed = encode(content, key, by)
  sealed.writeUInt8(2, 8)
  expect(decode(sealed, key)).toEqual({ state: 'newer', version: 2 })
  sealed.writeUInt8(0, 8)
  expect(decode(sealed, key)).toEqual({ state: 'damaged', reason: 'version 0 is unknown' })
})
