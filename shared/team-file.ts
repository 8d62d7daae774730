import { z } from 'zod'

/** Letters any client takes; Gemini CLI splits names at `_`, and Claude Code keeps `workspace` for itself. */
const Name = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/, 'a name of letters, digits, “-”, “.” and “_”')
  .refine((name) => name !== 'workspace', '“workspace” is a name that Claude Code keeps for itself')
const StringMap = z.record(z.string().min(1), z.string())

/** Clients whose project files are written, and kinds of computers. */
export const teamClients = ['cursor', 'claude-code', 'gemini-cli', 'vscode', 'codex'] as const
export const teamSystems = ['macos', 'linux', 'windows'] as const
const other = { claude: 'claude-code', gemini: 'gemini-cli', darwin: 'macos', win32: 'windows' } as const

const Platform = z
  .enum([...teamClients, ...teamSystems, ...(Object.keys(other) as (keyof typeof other)[])])
  .transform((name) => (name in other ? other[name as keyof typeof other] : (name as (typeof teamClients)[number])))

const Fields = z.strictObject({
  type: z.enum(['stdio', 'http', 'streamable-http', 'sse']).optional(),
  description: z.string().optional(),
  command: z.string().min(1).optional(),
  args: z.array(z.string()).optional(),
  env: StringMap.optional(),
  cwd: z.string().optional(),
  url: z.string().min(1).optional(),
  headers: StringMap.optional(),
  /** Where it is for: clients, systems, or both; all of them where nothing is said. */
  platforms: z.array(Platform).optional(),
})

const isOne = ({ command, url }: { command?: string | undefined; url?: string | undefined }) =>
  (command === undefined) !== (url === undefined)

const TeamServer = Fields.refine(isOne, 'needs either “command” or “url”')
  .refine(
    ({ url, args, cwd, env }) => url === undefined || !(args || cwd || env),
    '“args”, “env” and “cwd” belong to a “command”',
  )
  .refine(({ command, headers }) => command === undefined || !headers, '“headers” belong to a “url”')
  .refine(
    ({ command, type }) => type === undefined || (type === 'stdio') === (command !== undefined),
    '“type” does not fit the rest',
  )
export type TeamServer = z.infer<typeof TeamServer>

/** What differs in one environment, such as production: variables, and fields of servers. */
const Overlay = z.strictObject({
  variables: StringMap.optional(),
  servers: z.record(Name, Fields.partial()).optional(),
})

/** `.agents/mcp/mcp-servers.json`: the one place where a team says which MCP servers its project uses. */
export const TeamFile = z.object({
  $schema: z.string().optional(),
  version: z.union([z.literal(1), z.string().regex(/^1(\.\d+)*$/)]),
  description: z.string().optional(),
  /** Values of `${NAME}` that are no secret and the same for everyone. */
  variables: StringMap.optional(),
  servers: z.record(Name, TeamServer),
  environments: z.record(z.string(), Overlay).optional(),
})
export type TeamFile = z.infer<typeof TeamFile>

/** A server with the overlay of an environment over it, checked again as a whole. */
export const mergeServer = (server: TeamServer, overlay: object | undefined) =>
  TeamServer.safeParse(JSON.parse(JSON.stringify({ ...server, ...overlay })))
