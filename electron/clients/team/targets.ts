import type { TeamServer, teamClients } from '../../../shared/team-file.ts'
import type { Field, Table, Value } from '../edit/change.ts'
import type { FormatName } from '../formats.ts'
import { type Part, parseVariables } from './variables.ts'

type TeamClient = (typeof teamClients)[number]

/** A project file of one client: where it lies, how it reads, and how it says variables and servers. */
export type Target = {
  client: TeamClient
  path: string
  /** Written only where a team keeps one already. */
  onlyIfThere?: true
  format: FormatName
  container: string
  /** The client's own words for a variable, or null where it has none for this place. */
  variable: (name: string, fallback: string | null) => string | null
  toFields: (server: Rendered) => Field[]
}
/** A server in the words of one client. `null` values were variables that this client cannot express. */
export type Rendered = {
  server: TeamServer
  kind: 'stdio' | 'http' | 'sse'
  text: (value: string) => string
  parts: (value: string) => Part[]
}

const braces = (name: string, fallback: string | null) =>
  fallback === null ? `\${${name}}` : `\${${name}:-${fallback}}`
const envBraces = (name: string, fallback: string | null) => fallback ?? `\${env:${name}}`

const mapText = (values: Record<string, string>, text: Rendered['text']): Table =>
  Object.fromEntries(Object.entries(values).map(([key, value]) => [key, text(value)]))

const field = (key: string, value: Value): Field => ({ key, value })
/** What stands under `env` or `headers` is shared with the project's own entries of that name. */
const table = (key: string, values: Table): Field[] =>
  Object.keys(values).length > 0 ? [{ key, value: values, merged: true }] : []

function stdio({ server, text }: Rendered): Field[] {
  return [
    field('command', text(server.command ?? '')),
    ...(server.args ? [field('args', server.args.map(text))] : []),
    ...(server.cwd === undefined ? [] : [field('cwd', text(server.cwd))]),
    ...table('env', mapText(server.env ?? {}, text)),
  ]
}
const remote = ({ server, text }: Rendered): Field[] => [
  field('url', text(server.url ?? '')),
  ...table('headers', mapText(server.headers ?? {}, text)),
]
const typed = (rendered: Rendered): Field[] => [
  field('type', rendered.kind),
  ...(rendered.kind === 'stdio' ? stdio(rendered) : remote(rendered)),
]

/** Codex expands nothing: variables of the same name are passed on by name, tokens by the name of their variable. */
function toCodex({ server, kind, text, parts }: Rendered): Field[] {
  if (kind === 'stdio') {
    const passed = Object.entries(server.env ?? {}).filter(([key, value]) => isVariable(parts(value), key))
    const names = passed.map(([key]) => key)
    const plain = Object.fromEntries(Object.entries(server.env ?? {}).filter(([key]) => !names.includes(key)))
    const { env: _, ...rest } = server
    return [
      ...stdio({ server: { ...rest, env: plain }, kind, text, parts }),
      ...(names.length > 0 ? [field('env_vars', names)] : []),
    ]
  }
  const headers = Object.entries(server.headers ?? {}).map(([key, value]) => ({ key, value, parts: parts(value) }))
  const bearer = headers.find(({ key, parts: [first] }) => key.toLowerCase() === 'authorization' && first === 'Bearer ')
  const token = bearer?.parts.length === 2 ? bearer.parts[1] : undefined
  const isToken = typeof token === 'object' && token.fallback === null
  const others = headers.filter((header) => !(isToken && header === bearer))
  const named = others.filter(({ parts: found }) => isVariable(found))
  const nameOf = ([part]: Part[]) => (typeof part === 'object' ? part.name : '')
  return [
    field('url', text(server.url ?? '')),
    ...(isToken ? [field('bearer_token_env_var', token.name)] : []),
    ...table(
      'http_headers',
      mapText(
        Object.fromEntries(others.filter((one) => !named.includes(one)).map(({ key, value }) => [key, value])),
        text,
      ),
    ),
    ...table('env_http_headers', Object.fromEntries(named.map(({ key, parts: found }) => [key, nameOf(found)]))),
  ]
}

/** One variable and nothing else, without a default; of that name where one is asked for. */
function isVariable(parts: Part[], name?: string) {
  const [only] = parts
  if (parts.length !== 1 || typeof only !== 'object' || only.fallback !== null) return false
  return name === undefined || only.name === name
}

const claude = {
  client: 'claude-code',
  format: 'json',
  container: 'mcpServers',
  variable: braces,
  toFields: typed,
} as const

/** Every project file `causeway sync` writes. */
export const targets: readonly Target[] = [
  {
    client: 'cursor',
    path: '.cursor/mcp.json',
    format: 'jsonc',
    container: 'mcpServers',
    variable: envBraces,
    toFields: (rendered) => (rendered.kind === 'stdio' ? typed(rendered) : remote(rendered)),
  },
  { ...claude, path: '.mcp.json' },
  { ...claude, path: '.claude/mcp.json', onlyIfThere: true },
  {
    client: 'gemini-cli',
    path: '.gemini/settings.json',
    format: 'json-comments',
    container: 'mcpServers',
    variable: braces,
    // Its schema knows no `type` for a local server.
    toFields: (rendered) =>
      rendered.kind === 'stdio' ? stdio(rendered) : [...remote(rendered), field('type', rendered.kind)],
  },
  {
    client: 'vscode',
    path: '.vscode/mcp.json',
    format: 'jsonc',
    container: 'servers',
    variable: envBraces,
    toFields: typed,
  },
  {
    client: 'codex',
    path: '.codex/config.toml',
    format: 'toml',
    container: 'mcp_servers',
    variable: (_, fallback) => fallback,
    toFields: toCodex,
  },
]

export const kindOf = ({ type, command, url = '' }: TeamServer): Rendered['kind'] => {
  if (command !== undefined) return 'stdio'
  if (type === 'sse') return 'sse'
  return type === undefined && /\/sse\/?$/.test(url) ? 'sse' : 'http'
}

/** What a client cannot say: the variable is named, so that a person can give it a default or leave the client out. */
export class Unsayable extends Error {
  readonly variable: string
  constructor(variable: string) {
    super(`no way to say \${${variable}}`)
    this.name = 'Unsayable'
    this.variable = variable
  }
}

export function render(target: Target, server: TeamServer, known: Readonly<Record<string, string>>): Field[] {
  const parts = (value: string) => parseVariables(value, known)
  const text = (value: string) =>
    parts(value)
      .map((part) => {
        if (typeof part === 'string') return part
        const said = target.variable(part.name, part.fallback)
        if (said === null) throw new Unsayable(part.name)
        return said
      })
      .join('')
  return target.toFields({ server, kind: kindOf(server), text, parts })
}
