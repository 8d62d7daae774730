import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { keys, policyKeys } from './keys.ts'
import { toKeyTable, toPolicySchema } from './schema.ts'

const root = join(import.meta.dirname, '../..')

test('the published schema and the page about the keys are those that are checked', () => {
  const published: unknown = JSON.parse(readFileSync(join(root, 'docs/policy.schema.json'), 'utf8'))
  expect(published).toEqual(JSON.parse(JSON.stringify(toPolicySchema())))
  expect(readFileSync(join(import.meta.dirname, 'README.md'), 'utf8')).toContain(toKeyTable())
})

test.each(policyKeys)('%s: its example and what usually holds are accepted', (key) => {
  const { schema, example, usual } = keys[key]
  expect(schema.safeParse(example).success).toBe(true)
  if (usual !== null) expect(schema.safeParse(usual).success).toBe(true)
})
