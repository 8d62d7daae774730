import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { importTeam } from '../clients/team/import.ts'
import { syncTeam } from '../clients/team/sync.ts'
import { runCli } from './cli.ts'

let root: string
let out: string[]
let err: string[]
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'causeway-sync-'))
  out = []
  err = []
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

const unused = async (): Promise<never> => {
  throw new Error('this needs neither the app nor an account')
}
const run = (...argv: string[]) =>
  runCli(
    {
      connect: unused,
      connectFiles: unused,
      runAgent: unused,
      runBridge: unused,
      team: { sync: syncTeam, import: importTeam },
      policyFiles: undefined as never,
      out: (text) => out.push(text),
      err: (text) => err.push(text),
      version: '1.2.3',
    },
    ['sync', root, ...argv],
  )

function writeTeam(servers: object) {
  mkdirSync(join(root, '.agents', 'mcp'), { recursive: true })
  writeFileSync(join(root, '.agents', 'mcp', 'mcp-servers.json'), JSON.stringify({ version: 1, servers }))
}

test('--check is 1 with the difference, sync writes, and then --check is 0', async () => {
  writeTeam({ notes: { command: 'notes' } })
  expect(await run('--check')).toBe(1)
  expect(out.join('\n')).toMatch(/\+ +"command": "notes"[\s\S]*The project files differ from the team file\.$/)
  expect(await run()).toBe(0)
  expect(out.at(-1)).toContain('.mcp.json: written')
  expect(await run('--check')).toBe(0)
  expect(out.at(-1)).toBe('The project files are as the team file says.')
  expect(JSON.parse(readFileSync(join(root, '.mcp.json'), 'utf8')).mcpServers.notes.command).toBe('notes')
})

test('a secret is a problem with its place, and exit code 1', async () => {
  writeTeam({ notes: { command: 'notes', env: { KEY: `ghp_${'a1'.repeat(18)}` } } })
  expect(await run()).toBe(1)
  expect(err.join('')).toMatch(/mcp-servers.json: line 1, servers.notes.env.KEY: a GitHub token \[team.secret\]/)
})

test('--import writes the team file, and --json is data', async () => {
  writeFileSync(join(root, '.mcp.json'), '{ "mcpServers": { "notes": { "command": "notes" } } }')
  expect(await run('--import', '--json')).toBe(0)
  expect(JSON.parse(out[0] ?? '')).toMatchObject({ added: [{ name: 'notes', from: '.mcp.json' }] })
  expect(await run('--check', '--json')).toBe(1)
  expect(JSON.parse(out[1] ?? '').files.map(({ state }: { state: string }) => state)).toContain('differs')
})
