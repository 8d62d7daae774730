import { expect, test } from 'vitest'
import { parseDiff } from './diff.ts'

test('a unified diff becomes lines, without the names of the files', () => {
  const diff = [
    '--- a/mcp.json',
    '+++ b/mcp.json',
    '@@ -1,2 +1,3 @@',
    ' {',
    '-  "old": 1',
    '+  "new": 1',
    '+---',
    '\\ No newline at end of file',
    '',
  ].join('\n')
  expect(parseDiff(diff)).toEqual([
    { kind: 'place', text: 'Line 1' },
    { kind: 'same', text: '{' },
    { kind: 'removed', text: '  "old": 1' },
    { kind: 'added', text: '  "new": 1' },
    { kind: 'added', text: '---' },
    { kind: 'place', text: 'No newline at end of file' },
  ])
})
