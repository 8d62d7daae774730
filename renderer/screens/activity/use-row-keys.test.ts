import { expect, test } from 'vitest'
import { targetOf } from './use-row-keys.ts'

test('keys move through the table and stop at its ends', () => {
  const at = (key: string, from: number) => targetOf(key, { at: from, last: 99, page: 20 })
  expect(at('ArrowDown', -1)).toBe(0)
  expect(at('ArrowDown', 99)).toBe(99)
  expect(at('ArrowUp', 0)).toBe(0)
  expect(at('PageDown', 90)).toBe(99)
  expect(at('PageUp', 50)).toBe(30)
  expect(at('Home', 50)).toBe(0)
  expect(at('End', 50)).toBe(99)
  expect(at('x', 50)).toBeNull()
})
