import { z } from 'zod'
import { call, event } from '../ipc.ts'
import { ProblemData } from '../problems.ts'

/** One thing IT can decide, and what holds of it now. */
export const PolicyRow = z.object({
  key: z.string(),
  title: z.string(),
  value: z.unknown(),
  /**
   * Who said so: IT for good (`mandatory`), the company's own document, the person, IT as a suggestion (`recommended`),
   * or nobody.
   */
  origin: z.enum(['mandatory', 'company', 'person', 'recommended', 'default']),
  /** The file or registry key; null where it is the person's, the company's or nobody's. */
  source: z.string().nullable(),
  /** Nobody on this computer but its administrator can change it. */
  locked: z.boolean(),
  problem: ProblemData.nullable(),
})
export type PolicyRow = z.infer<typeof PolicyRow>

export const PolicyState = z.object({
  rows: z.array(PolicyRow),
  /** The places that say something, the one that counts most first. */
  sources: z.array(z.object({ source: z.string(), problem: ProblemData.nullable() })),
  /** Names in them that mean nothing to this version. */
  unknown: z.array(ProblemData),
})
export type PolicyState = z.infer<typeof PolicyState>

export const policy = {
  snapshot: call(z.void(), PolicyState),
  changed: event(PolicyState),
}
