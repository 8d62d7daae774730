import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const rooms = join(import.meta.dirname, '..')
const titles = (readdirSync(rooms, { recursive: true }) as string[])
  .filter((path) => path.endsWith('.test.ts'))
  .flatMap((path) => readFileSync(join(rooms, path), 'utf8').match(/^\s*(?:test|describe|\]\)|\)\().*['`].*/gm) ?? [])
  .join('\n')
const numbers = (name: string, last: number) =>
  Array.from({ length: last }, (_, at) => at + 1).filter((at) => !new RegExp(`\\b${name} ${at}\\b`).test(titles))

test('each edge case of the protocol has a test that bears its number', () => {
  expect(numbers('edge', 45)).toEqual([])
})

test('each pain that people report of other bridges has a test that bears its number', () => {
  expect(numbers('pain', 15)).toEqual([])
})
