import { expect, test } from 'vitest'
import { readUsage } from './usage.ts'

const read = (...args: string[]) => readUsage(args, '1.2.3')

test('takes a server and the client it is for', () => {
  expect(read('github')).toEqual({ kind: 'run', server: 'github', client: null })
  expect(read('github', '--client', 'vscode')).toEqual({ kind: 'run', server: 'github', client: 'vscode' })
  expect(read('--client=claude-code', 'github')).toEqual({ kind: 'run', server: 'github', client: 'claude-code' })
})

test('says its version and how it is used', () => {
  expect(read('--version')).toEqual({ kind: 'say', text: '1.2.3' })
  expect(read('--help')).toMatchObject({
    kind: 'say',
    text: expect.stringContaining('Usage: causeway-bridge <server>'),
  })
})

test.each([
  [[], 'needs the name of a server'],
  [['a', 'b'], 'takes one server'],
  [['GitHub'], 'is not the name of a server'],
  [['../x'], 'is not the name of a server'],
  [['a', '--verbose'], 'does not know the option --verbose'],
  [['a', '--client'], 'is not the name of a client'],
])('refuses %j in a sentence', (args, sentence) => {
  expect(read(...args)).toMatchObject({ kind: 'wrong', text: expect.stringContaining(sentence) })
})
