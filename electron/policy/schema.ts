import { z } from 'zod'
import { keys, type PolicyKey, policyKeys } from './keys.ts'

/** `policy.json` as a JSON schema, for IT’s editors and checks: `docs/policy.schema.json`. */
export function toPolicySchema() {
  const tables = z.strictObject({
    ...Object.fromEntries(policyKeys.map((key) => [key, describe(key)])),
  })
  const document = z.strictObject({
    $schema: z.string().optional(),
    schemaVersion: z.literal(1),
    mandatory: tables.optional().describe('What holds, whatever the person chooses.'),
    recommended: tables.optional().describe('What holds until the person chooses something else.'),
  })
  return z.toJSONSchema(document, { io: 'input' })
}

function describe(key: PolicyKey) {
  const { schema, title, text, example } = keys[key]
  return schema.optional().meta({ title, description: text, examples: [example] })
}

/** The table of keys in this room’s README. */
export function toKeyTable() {
  const rows = policyKeys.map((key) => {
    const { text, example, usual } = keys[key]
    const { strictest } = keys[key] as { strictest?: unknown }
    const cells = [code(key), text, code(example, true), code(usual, true)]
    return `| ${[...cells, strictest === undefined ? '' : code(strictest, true)].join(' | ')} |`
  })
  return ['| key | what it decides | example | usually | cannot be read |', '|---|---|---|---|---|', ...rows].join('\n')
}

const code = (value: unknown, asJson = false) => `\`${asJson ? JSON.stringify(value) : String(value)}\``
