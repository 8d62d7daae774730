import { expect, test } from 'vitest'
import { fill } from './fill.ts'

test('fills each place it has a value for and leaves the rest to be seen', () => {
  expect(fill('{{count}} of {{total}} in {{place}}', { count: 0, total: 3 })).toBe('0 of 3 in {{place}}')
})

test('a value is text, never a pattern', () => {
  expect(fill('Sign in to {{server}}', { server: '$& {{count}}' })).toBe('Sign in to $& {{count}}')
})
