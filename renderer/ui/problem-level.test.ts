import { expect, test } from 'vitest'
import { Problem } from '../../shared/problems.ts'
import { levelOfProblem } from './problem-level.ts'

test('what a person can do themselves is a task, not an alarm', () => {
  expect(levelOfProblem(new Problem('app.no-company').data)).toBe('needs-you')
})

test('a network that is away is waited for', () => {
  expect(levelOfProblem(new Problem('app.company-unreachable').data)).toBe('waiting')
  expect(levelOfProblem(new Problem('ipc.disconnected').data)).toBe('waiting')
})

test('what IT must decide is blocked, and the rest is broken', () => {
  expect(levelOfProblem({ ...new Problem('internal').data, remedy: 'ask-it' })).toBe('blocked')
  expect(levelOfProblem(new Problem('internal').data)).toBe('broken')
})
