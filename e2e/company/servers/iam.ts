import type { RequestHandler } from 'express'
import { z } from 'zod'
import { createSse } from '../mcp/sse.ts'
import { connectionTools, tool } from '../mcp/tool.ts'
import type { Person } from '../people.ts'

const roles = [
  { role: 'viewer', may: 'read tickets and routes' },
  { role: 'dispatcher', may: 'plan and change routes' },
  { role: 'owner', may: 'everything, including billing' },
]

/** Who may do what in the company's systems; admins only. HTTP+SSE of 2024-11-05 with a sticky cookie. */
export function createIam({ identify, people }: { identify: RequestHandler; people: Person[] }) {
  const granted = new Map<string, string[]>(people.map(({ id }) => [id, ['viewer']]))
  const rolesOf = (user: string) => {
    const found = granted.get(user)
    if (!found) throw new Error(`There is no user ${user}`)
    return found
  }
  const grant = z.object({ user: z.string(), role: z.enum(['viewer', 'dispatcher', 'owner']) })

  return createSse({
    info: { name: 'iam', title: 'Identity and access', version: '3.0.0' },
    identify,
    tools: [
      tool({
        name: 'list_users',
        title: 'List users',
        description: 'Everyone at the company, with groups and roles.',
        input: z.object({}),
        run: () => people.map(({ id, name, email, groups }) => ({ id, name, email, groups, roles: rolesOf(id) })),
      }),
      tool({
        name: 'list_roles',
        title: 'List roles',
        description: 'The roles and what they allow.',
        input: z.object({}),
        run: () => roles,
      }),
      tool({
        name: 'grant_role',
        title: 'Grant a role',
        description: 'Gives a role to a user. It takes effect at once.',
        kind: 'destructive',
        input: grant,
        run({ user, role }) {
          granted.set(user, [...new Set([...rolesOf(user), role])])
          return { user, roles: rolesOf(user) }
        },
      }),
      tool({
        name: 'revoke_role',
        title: 'Revoke a role',
        description: 'Takes a role from a user. It takes effect at once.',
        kind: 'destructive',
        input: grant,
        run({ user, role }) {
          granted.set(
            user,
            rolesOf(user).filter((held) => held !== role),
          )
          return { user, roles: rolesOf(user) }
        },
      }),
      ...connectionTools,
    ],
  })
}
