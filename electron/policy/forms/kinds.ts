import { z } from 'zod'
import { keys, type PolicyKey } from '../keys.ts'

/** What a value looks like to a management tool, which knows fewer kinds than JSON. */
export type Kind =
  | { kind: 'boolean' }
  | { kind: 'integer'; least: number; most: number }
  | { kind: 'choice'; choices: string[] }
  | { kind: 'text'; longest: number }
  | { kind: 'list' }
  /** Written as JSON. */
  | { kind: 'object' }

type Schema = {
  type?: string
  enum?: string[]
  minimum?: number
  maximum?: number
  maxLength?: number
  anyOf?: Schema[]
}

export function kindOf(key: PolicyKey): Kind {
  return toKind(z.toJSONSchema(keys[key].schema as z.ZodType, { io: 'input' }) as Schema)
}

function toKind({ type, enum: choices, minimum = 0, maximum = 0xffff_ffff, maxLength = 2048, anyOf }: Schema): Kind {
  // A value or nothing: nothing is what a tool says by not setting it.
  const present = anyOf?.filter((each) => each.type !== 'null') ?? []
  if (present.length === 1) return toKind(present[0] as Schema)
  if (choices) return { kind: 'choice', choices }
  if (type === 'boolean') return { kind: 'boolean' }
  if (type === 'integer') return { kind: 'integer', least: minimum, most: maximum }
  if (type === 'string') return { kind: 'text', longest: maxLength }
  if (type === 'array') return { kind: 'list' }
  return { kind: 'object' }
}
