import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const expected = JSON.parse(readFileSync(join(import.meta.dirname, 'expected-failures.json'), 'utf8')) as Record<
  string,
  Record<string, string>
>

// `npm run conformance` fails for what is not in the list; this fails when somebody makes the list longer instead.
test.each([
  ['client legacy, server 2025-11-25', 5],
  ['client modern, server 2025-11-25', 26],
  ['client auto, server 2025-11-25', 5],
  ['client legacy, server 2026-07-28', 5],
  ['client modern, server 2026-07-28', 5],
  ['client auto, server 2026-07-28', 5],
])('the scenarios of “%s” that a bridge is let off do not grow', (cell, most) => {
  expect(Object.keys(expected[cell] ?? {}).length).toBeLessThanOrEqual(most)
})

test('no other cell is let off anything, and each reason is a sentence', () => {
  expect(Object.keys(expected)).toHaveLength(6)
  for (const reason of Object.values(expected).flatMap(Object.values)) expect(reason).toMatch(/^[A-Z].{30,}\.$/)
})
