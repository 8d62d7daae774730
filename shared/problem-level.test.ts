import { expect, test } from 'vitest'
import { levelOf } from './problem-level.ts'
import { Problem } from './problems.ts'

test('what a person can do themselves is a task, not an alarm', () => {
  expect(levelOf(new Problem('app.no-company').data)).toBe('needs-you')
  expect(levelOf(new Problem('auth.signed-out').data)).toBe('needs-you')
  expect(levelOf(new Problem('clients.not-finished').data)).toBe('needs-you')
})

test('a network that is away is waited for', () => {
  expect(levelOf(new Problem('app.company-unreachable').data)).toBe('waiting')
  expect(levelOf(new Problem('ipc.disconnected').data)).toBe('waiting')
})

test('what the company decided is blocked, and the rest is broken', () => {
  expect(levelOf(new Problem('catalog.not-allowed').data)).toBe('blocked')
  expect(levelOf(new Problem('internal').data)).toBe('broken')
})
