import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createPieces } from './pieces.ts'

test('what was added comes out whole, however it came', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 20 }), { maxLength: 2000 }), (given) => {
      const pieces = createPieces()
      for (const each of given) pieces.add(Buffer.from(each))
      const whole = Buffer.concat(given)
      expect(pieces.bytes()).toBe(whole.length)
      expect(Buffer.concat(pieces.parts()).equals(whole)).toBe(true)
      expect(pieces.take().equals(whole)).toBe(true)
      expect(pieces.take()).toHaveLength(0)
    }),
    { numRuns: 50 },
  )
})

test('a hundred thousand pieces of one byte take few buffers, and hold on to nothing they were cut from', () => {
  const pieces = createPieces()
  const chunk = Buffer.alloc(64 * 1024, 'x')
  for (let at = 0; at < 100_000; at += 1) pieces.add(chunk.subarray(7, 8))
  expect(pieces.count()).toBeLessThan(1000)
  expect(pieces.parts().filter(({ buffer }) => buffer === chunk.buffer).length).toBeLessThan(256)
})

test('large pieces are not copied until they are wanted whole', () => {
  const pieces = createPieces()
  const chunk = Buffer.alloc(16 * 1024)
  for (let at = 0; at < 1000; at += 1) pieces.add(chunk)
  expect(pieces.parts().every(({ buffer }) => buffer === chunk.buffer)).toBe(true)
})
