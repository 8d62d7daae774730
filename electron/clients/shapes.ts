import type { EntryPlace, Field, Value } from './edit/change.ts'

/** What an entry must say, before a client’s own words for it. */
export type Wanted = { name: string; description: string; command: string; args: string[]; env: Record<string, string> }

type Source = 'command' | 'args' | 'env' | 'name' | 'description' | 'command+args'
/** `kept` fields are written with a new entry and belong to the person afterwards. */
type ShapeField = { key: string; kept?: true } & ({ value: Value } | { from: Source })
export type Shape = { place: Omit<EntryPlace, 'name'>; fields: readonly ShapeField[] }

const plain = [
  { key: 'command', from: 'command' },
  { key: 'args', from: 'args' },
  { key: 'env', from: 'env' },
] as const
const withType = (type: string) => [{ key: 'type', value: type }, ...plain] as const
const map = (container: string, fields: readonly ShapeField[]): Shape => ({
  place: { container: [container], kind: 'map' },
  fields,
})

/** How the entry of each client looks: the key that holds servers, and the fields in the order they are written. */
export const shapes = {
  vscode: map('servers', withType('stdio')),
  'visual-studio': map('servers', withType('stdio')),
  'claude-code': map('mcpServers', withType('stdio')),
  cursor: map('mcpServers', withType('stdio')),
  'claude-desktop': map('mcpServers', plain),
  windsurf: map('mcpServers', plain),
  // Gemini’s schema knows no `type: "stdio"`, and Antigravity drops an entry that has one.
  'gemini-cli': map('mcpServers', plain),
  antigravity: map('mcpServers', plain),
  junie: map('mcpServers', plain),
  kiro: map('mcpServers', plain),
  'lm-studio': map('mcpServers', plain),
  warp: map('mcpServers', plain),
  trae: map('mcpServers', plain),
  boltai: map('mcpServers', plain),
  'amazon-q': map('mcpServers', plain),
  factory: map('mcpServers', withType('stdio')),
  amp: map('amp.mcpServers', plain),
  zed: map('context_servers', plain),
  codex: map('mcp_servers', plain),
  'copilot-cli': map('mcpServers', [...withType('local'), { key: 'tools', value: ['*'], kept: true }]),
  cline: map('mcpServers', [...withType('stdio'), { key: 'disabled', value: false, kept: true }]),
  opencode: map('mcp', [
    { key: 'type', value: 'local' },
    { key: 'command', from: 'command+args' },
    { key: 'environment', from: 'env' },
    { key: 'enabled', value: true, kept: true },
  ]),
  goose: map('extensions', [
    { key: 'enabled', value: true, kept: true },
    { key: 'type', value: 'stdio' },
    { key: 'name', from: 'name' },
    { key: 'description', from: 'description', kept: true },
    { key: 'cmd', from: 'command' },
    { key: 'args', from: 'args' },
    { key: 'envs', from: 'env' },
    { key: 'timeout', value: 300, kept: true },
  ]),
  continue: { place: { container: ['mcpServers'], kind: 'list' }, fields: [{ key: 'name', from: 'name' }, ...plain] },
} as const satisfies Record<string, Shape>
export type ShapeName = keyof typeof shapes

/** The fields of one entry. An empty environment is left out: it would only stand there. */
export function toFields({ fields }: Shape, wanted: Wanted): Field[] {
  return fields.flatMap((field): Field[] => {
    const kept = field.kept ? { kept: true } : {}
    if ('value' in field) return [{ key: field.key, value: field.value, ...kept }]
    if (field.from !== 'env') return [{ key: field.key, value: fieldValue(field.from, wanted), ...kept }]
    return Object.keys(wanted.env).length === 0 ? [] : [{ key: field.key, value: wanted.env, merged: true }]
  })
}

const fieldValue = (from: Exclude<Source, 'env'>, { command, args, ...words }: Wanted): Value => {
  if (from === 'command+args') return [command, ...args]
  if (from === 'command') return command
  return from === 'args' ? args : words[from]
}
