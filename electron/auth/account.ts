import { createHash } from 'node:crypto'
import { z } from 'zod'
import type { Account } from '../../shared/contract/auth.ts'
import { AccountId } from '../../shared/ids.ts'

/** The namespace under which everything of one person at one issuer is kept. */
export const toAccountId = (issuer: string, subject: string): AccountId =>
  AccountId.parse(createHash('sha256').update(`${issuer}|${subject}`).digest('hex').slice(0, 32))

const text = z.string().trim().min(1).max(256).optional().catch(undefined)
const Claims = z.object({
  iss: z.string().min(1),
  sub: z.string().min(1),
  name: text,
  preferred_username: text,
  email: text,
  groups: z
    .union([z.array(z.unknown()), z.string().transform((group) => [group])])
    .optional()
    .catch(undefined),
  // Entra replaces more than 200 groups by a pointer to its directory.
  _claim_names: z.looseObject({ groups: z.unknown().optional() }).optional().catch(undefined),
})

const mostGroups = 2000

/** The person as the SSO describes them. `groups`: whether it said anything of groups, or has more than a token can hold. */
export function toAccount(claims: unknown): { account: Account; groups: 'said' | 'unsaid' | 'elsewhere' } {
  const { iss, sub, name, preferred_username, email, groups, _claim_names } = Claims.parse(claims)
  const account = {
    id: toAccountId(iss, sub),
    issuer: iss,
    subject: sub,
    name: name ?? preferred_username ?? email ?? sub,
    email: email ?? null,
    groups: (groups ?? [])
      .filter((group): group is string => typeof group === 'string' && group.length > 0 && group.length <= 256)
      .slice(0, mostGroups),
  }
  const elsewhere = _claim_names?.groups !== undefined && account.groups.length === 0
  return { account, groups: elsewhere ? 'elsewhere' : groups === undefined ? 'unsaid' : 'said' }
}
