import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import fc from 'fast-check'
import { afterEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { TeamFile } from '../../../shared/team-file.ts'
import { importTeam } from './import.ts'
import { findLeaks } from './secrets.ts'
import { syncTeam } from './sync.ts'

const roots: string[] = []
afterEach(() => {
  for (const root of roots.splice(0)) rmSync(root, { recursive: true, force: true })
})

/** A project in a folder of its own. */
function makeProject(team: unknown, files: Record<string, string> = {}) {
  const root = mkdtempSync(join(tmpdir(), 'causeway-team-'))
  roots.push(root)
  const write = (path: string, text: string) => {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
  const setTeam = (value: unknown) =>
    write('.agents/mcp/mcp-servers.json', typeof value === 'string' ? value : JSON.stringify(value, null, 2))
  if (team !== null) setTeam(team)
  for (const [path, text] of Object.entries(files)) write(path, text)
  const read = (path: string) => readFileSync(join(root, path), 'utf8')
  const sync = (more: object = {}) => syncTeam({ folder: root, check: false, overwrite: false, ...more })
  return { root, write, setTeam, read, json: (path: string) => JSON.parse(read(path)), sync }
}
const code = (work: Promise<unknown>) =>
  work.then(
    () => null,
    ({ code }) => code,
  )
const detail = (work: Promise<unknown>) =>
  work.then(
    () => null,
    ({ detail }) => detail,
  )

const github = { url: 'https://mcp.example.com/github', headers: { Authorization: 'Bearer ${GITHUB_TOKEN}' } }
const notes = { command: 'npx', args: ['-y', 'notes-server'], env: { NOTES_DIR: '${NOTES_DIR}' } }
const team = (servers: object, more: object = {}) => ({ version: 1, servers, ...more })

test('every client gets the servers in its own words', async () => {
  const { sync, json, read } = makeProject(team({ github, notes }))
  const { files, clean } = await sync()
  expect(clean).toBe(true)
  expect(files.map(({ path }) => path)).toEqual([
    '.cursor/mcp.json',
    '.mcp.json',
    '.gemini/settings.json',
    '.vscode/mcp.json',
    '.codex/config.toml',
  ])
  expect(json('.cursor/mcp.json')).toEqual({
    mcpServers: {
      github: { url: github.url, headers: { Authorization: 'Bearer ${env:GITHUB_TOKEN}' } },
      notes: { type: 'stdio', command: 'npx', args: notes.args, env: { NOTES_DIR: '${env:NOTES_DIR}' } },
    },
  })
  expect(json('.mcp.json').mcpServers).toEqual({
    github: { type: 'http', ...github },
    notes: { type: 'stdio', ...notes },
  })
  expect(json('.gemini/settings.json').mcpServers).toEqual({ github: { ...github, type: 'http' }, notes })
  expect(json('.vscode/mcp.json').servers.github).toEqual({
    type: 'http',
    url: github.url,
    headers: { Authorization: 'Bearer ${env:GITHUB_TOKEN}' },
  })
  expect(read('.codex/config.toml')).toBe(
    [
      '[mcp_servers.github]',
      `url = "${github.url}"`,
      'bearer_token_env_var = "GITHUB_TOKEN"',
      '',
      '[mcp_servers.notes]',
      'command = "npx"',
      'args = ["-y", "notes-server"]',
      'env_vars = ["NOTES_DIR"]',
      '',
    ].join('\n'),
  )
})

test('other bytes stay, a second run changes nothing, and what the team file drops goes from every file', async () => {
  const before = '{\n  // ours\n  "theme": "dark",\n  "mcpServers": { "mine": { "url": "https://x" } }\n}\n'
  const { sync, setTeam, read, root } = makeProject(team({ notes }), { '.cursor/mcp.json': before })
  await sync()
  expect(read('.cursor/mcp.json')).toContain('// ours\n  "theme": "dark",')
  const after = { cursor: read('.cursor/mcp.json'), lock: read('.agents/mcp/mcp-servers.lock.json') }
  const again = await sync()
  expect(again.files.every(({ state }) => state === 'unchanged')).toBe(true)
  expect({ cursor: read('.cursor/mcp.json'), lock: read('.agents/mcp/mcp-servers.lock.json') }).toEqual(after)
  setTeam(team({}))
  await sync()
  expect(read('.cursor/mcp.json')).toBe(before)
  expect(existsSync(join(root, '.agents/mcp/mcp-servers.lock.json'))).toBe(false)
})

test('a checkout with the line ends of Windows is no difference', async () => {
  const { sync, read, write } = makeProject(team({ notes, github }))
  await sync()
  for (const path of ['.mcp.json', '.codex/config.toml', '.agents/mcp/mcp-servers.lock.json'])
    write(path, read(path).replaceAll('\n', '\r\n'))
  expect((await sync({ check: true })).clean).toBe(true)
})

test('--check writes nothing and shows the difference until there is none', async () => {
  const { sync, root, write, read } = makeProject(team({ notes }))
  const first = await sync({ check: true })
  expect(first.clean).toBe(false)
  expect(first.files[0]?.diff).toContain('+      "command": "npx",')
  expect(existsSync(join(root, '.mcp.json'))).toBe(false)
  await sync()
  expect((await sync({ check: true })).clean).toBe(true)
  write('.mcp.json', read('.mcp.json').replace('npx', 'bunx'))
  expect((await sync({ check: true })).files.find(({ path }) => path === '.mcp.json')?.diff).toContain(
    '-      "command": "bunx"',
  )
  await sync()
  expect(read('.mcp.json')).toContain('"npx"')
})

test('an entry that only shares the name stays until it is said to go', async () => {
  const { sync, json, read } = makeProject(team({ notes }), {
    '.mcp.json': '{ "mcpServers": { "notes": { "command": "mine" } } }',
  })
  const { files, clean } = await sync()
  expect(clean).toBe(false)
  expect(files.find(({ path }) => path === '.mcp.json')?.conflicts).toEqual(['notes'])
  expect(json('.mcp.json').mcpServers.notes).toEqual({ command: 'mine' })
  await sync({ overwrite: true })
  expect(json('.mcp.json').mcpServers.notes).toEqual({ type: 'stdio', ...notes })
  expect(read('.mcp.json')).not.toContain('mine')
})

test('a server that becomes another kind keeps nothing of the old one', async () => {
  const { sync, setTeam, json, read } = makeProject(team({ github: { ...notes } }))
  await sync()
  setTeam(team({ github: { url: 'https://mcp.example.com' } }))
  await sync()
  expect(json('.mcp.json').mcpServers.github).toEqual({ type: 'http', url: 'https://mcp.example.com' })
  expect(read('.codex/config.toml')).toBe('[mcp_servers.github]\nurl = "https://mcp.example.com"\n')
})

describe('variables', () => {
  test('a default is kept where the client has words for it, and written where it has none', async () => {
    const { sync, json, read } = makeProject(team({ api: { url: '${API:-https://dev.example.com}/mcp' } }))
    await sync()
    expect(json('.mcp.json').mcpServers.api.url).toBe('${API:-https://dev.example.com}/mcp')
    expect(json('.cursor/mcp.json').mcpServers.api.url).toBe('https://dev.example.com/mcp')
    expect(read('.codex/config.toml')).toContain('url = "https://dev.example.com/mcp"')
  })

  test('an environment gives values and replaces fields; one that is not there is said', async () => {
    const file = team(
      { api: { url: '${API}/mcp' } },
      {
        variables: { API: 'https://dev' },
        environments: { production: { variables: { API: 'https://live' }, servers: { api: { type: 'sse' } } } },
      },
    )
    const { sync, json } = makeProject(file)
    await sync()
    expect(json('.mcp.json').mcpServers.api).toEqual({ type: 'http', url: 'https://dev/mcp' })
    await sync({ environment: 'production' })
    expect(json('.mcp.json').mcpServers.api).toEqual({ type: 'sse', url: 'https://live/mcp' })
    expect(await detail(sync({ environment: 'constructor' }))).toContain('there is: production')
  })

  test('what a client cannot say is refused by name, before anything is written', async () => {
    const { sync, root } = makeProject(team({ api: { command: 'x', args: ['--org', '${ORG}'] } }))
    expect(await code(sync())).toBe('team.variable')
    expect(await detail(sync())).toMatch(/^\$\{ORG\} of api in .codex\/config.toml: .*platforms/)
    expect(existsSync(join(root, '.mcp.json'))).toBe(false)
  })

  test.each(['${', '${A', '${1}', '${env:A}', '${A:b}'])('%s is no variable', async (text) => {
    const { sync } = makeProject(team({ api: { command: 'x', args: [text] } }))
    expect(await code(sync())).toBe('team.invalid')
  })

  test('the machine it runs on has no say', async () => {
    process.env.CAUSEWAY_TEST_ORG = 'a-value'
    const { sync, read } = makeProject(team({ api: { url: 'https://x/${CAUSEWAY_TEST_ORG}', platforms: ['claude'] } }))
    await sync().finally(() => delete process.env.CAUSEWAY_TEST_ORG)
    expect(read('.mcp.json')).not.toContain('a-value')
  })
})

describe('secrets', () => {
  const secrets: [string, string][] = [
    ['GITHUB', `ghp_${'a1'.repeat(18)}`],
    ['PAT', `github_pat_${'b2'.repeat(20)}`],
    ['OPENAI', `sk-proj-${'c3'.repeat(12)}`],
    ['SLACK', `xoxb-${'1234567890'}-abc`],
    ['AWS', `AKIA${'IOSFODNN7EXAMPLE'.slice(0, 16)}`],
    ['JWT', `eyJ${'hbGciOiJIUzI1NiJ9'}.x.y`],
    ['PEM', '-----BEGIN RSA PRIVATE KEY-----'],
    ['URL', 'https://me:hunter22@example.com'],
    ['MY_API_KEY', 'just-a-long-value'],
    ['HEADER', 'Bearer abcdefghijkl'],
    ['DEFAULT', `\${TOKEN:-ghp_${'d4'.repeat(18)}}`],
  ]
  test.each(secrets)('%s is refused with line and key, never with its value', async (key, value) => {
    const { sync, root } = makeProject(team({ api: { command: 'x', env: { [key]: value } } }))
    expect(await code(sync())).toBe('team.secret')
    const said = (await detail(sync())) ?? ''
    expect(said).toContain(`line 7, servers.api.env.${key}: `)
    expect(said).not.toContain(value)
    expect(existsSync(join(root, '.mcp.json'))).toBe(false)
  })

  test.each(['${MY_TOKEN}', '4000', 'https://example.com/sk/x', 'task-list-of-the-team', 'Bearer ${TOKEN}'])(
    '%s is none',
    (value) => expect(findLeaks(JSON.stringify({ [value.length < 12 ? 'A_TOKEN' : 'arg']: value }))).toEqual([]),
  )
})

describe('a team file that is not right', () => {
  test.each([
    ['{ "version": 1, "servers": ', 'team.unreadable', 'line 1'],
    [
      '{ "version": 1, "servers": { "a": { "url": "https://x" },\n "a": { "url": "https://y" } } }',
      'team.unreadable',
      'line 2: the same key',
    ],
    [team({ a: { command: 'x', url: 'https://x' } }), 'team.invalid', 'line 4: servers.a: needs either'],
    [team({ a: { command: 'x', urls: 'https://x' } }), 'team.invalid', 'servers.a'],
    [team({ 'a b': { command: 'x' } }), 'team.invalid', 'servers.a b'],
    [team({ workspace: { command: 'x' } }), 'team.invalid', 'workspace'],
    [team({ a: { command: 'x', platforms: ['emacs'] } }), 'team.invalid', 'line 6: servers.a.platforms'],
    [{ servers: {} }, 'team.invalid', 'version'],
    [team({ a: { command: 'x', type: 'http' } }), 'team.invalid', '“type”'],
  ])('%j', async (value, expected, said) => {
    const { sync } = makeProject(value)
    expect(await code(sync())).toBe(expected)
    expect(await detail(sync())).toContain(said)
  })

  test('is looked for in the folders above, and its absence is said', async () => {
    const { root } = makeProject(team({ notes }), { 'src/deep/file.ts': '', '.git/HEAD': '' })
    expect((await syncTeam({ folder: join(root, 'src', 'deep'), check: true, overwrite: false })).root).toBe(root)
    expect(await code(syncTeam({ folder: makeProject(null).root, check: true, overwrite: false }))).toBe(
      'team.not-found',
    )
  })

  test('one above the repository, such as in somebody’s home, is never taken', async () => {
    const { root } = makeProject(team({ notes }), { 'project/.git/HEAD': '', 'plain/file': '' })
    for (const folder of ['project', 'plain'])
      expect(await code(syncTeam({ folder: join(root, folder), check: false, overwrite: false }))).toBe(
        'team.not-found',
      )
    expect(existsSync(join(root, '.mcp.json'))).toBe(false)
  })

  test('a lock file that cannot be read is never taken for empty', async () => {
    const { sync, write } = makeProject(team({ notes }))
    write('.agents/mcp/mcp-servers.lock.json', '<<<<<<< HEAD')
    expect(await code(sync())).toBe('team.unreadable')
  })
})

test('a project file that cannot be understood stops everything, and nothing is written', async () => {
  const { sync, root } = makeProject(team({ notes }), { '.vscode/mcp.json': '{ "servers": [] }' })
  expect(await code(sync())).toBe('clients.unreadable')
  expect(existsSync(join(root, '.mcp.json'))).toBe(false)
})

test.each(['.mcp.json', '.cursor'])('a link at %s that leads out of the project is refused', async (link) => {
  const outside = makeProject(null)
  outside.write('target.json', '{}')
  const { sync, root } = makeProject(team({ notes }))
  symlinkSync(link === '.mcp.json' ? join(outside.root, 'target.json') : outside.root, join(root, link))
  expect(await code(sync())).toBe('team.outside')
  expect(outside.read('target.json')).toBe('{}')
})

test('platforms choose clients; a system is nothing a project file can say; Codex speaks no SSE', async () => {
  const { sync, json, read } = makeProject(
    team({
      a: { command: 'a', platforms: ['claude', 'codex'] },
      b: { command: 'b', platforms: ['macos'] },
      c: { url: 'https://x/sse' },
    }),
  )
  const { notes: told } = await sync()
  expect(Object.keys(json('.mcp.json').mcpServers)).toEqual(['a', 'c'])
  expect(Object.keys(json('.cursor/mcp.json').mcpServers)).toEqual(['c'])
  expect(read('.codex/config.toml')).toBe('[mcp_servers.a]\ncommand = "a"\n')
  expect(told).toContain('.mcp.json: b is for macos only and left out: this file is the same on every system')
  expect(told).toContain('.codex/config.toml: c is left out: Codex speaks no SSE')
})

test('.claude/mcp.json is written only where a team keeps one; new files can be read by everyone', async () => {
  const { sync, root, write, json } = makeProject(team({ notes }))
  await sync()
  expect(existsSync(join(root, '.claude/mcp.json'))).toBe(false)
  expect(statSync(join(root, '.mcp.json')).mode & 0o777).toBe(0o644)
  expect(statSync(join(root, '.cursor')).mode & 0o077).not.toBe(0)
  write('.claude/mcp.json', '{}')
  await sync()
  expect(json('.claude/mcp.json').mcpServers.notes.command).toBe('npx')
})

test('an import takes the servers of every client file, in the team’s own words', async () => {
  const { root, sync, json } = makeProject(null, {
    '.cursor/mcp.json':
      '{ "mcpServers": { "notes": { "command": "npx", "args": ["-y", "notes-server"], "env": { "NOTES_DIR": "${env:NOTES_DIR}" } } } }',
    '.codex/config.toml':
      '[mcp_servers.notes]\ncommand = "npx"\nargs = ["-y", "notes-server"]\nenv_vars = ["NOTES_DIR"]\n[mcp_servers.github]\nurl = "https://mcp.example.com/github"\nbearer_token_env_var = "GITHUB_TOKEN"\n',
  })
  const { added } = await importTeam({ folder: root })
  expect(added).toEqual([
    { name: 'notes', from: '.cursor/mcp.json' },
    { name: 'github', from: '.codex/config.toml' },
  ])
  expect(json('.agents/mcp/mcp-servers.json')).toEqual({ version: 1, servers: { notes, github } })
  expect((await importTeam({ folder: root })).added).toEqual([])
  // What was taken is what stands there already, so the first run adopts it.
  expect((await sync()).clean).toBe(true)
})

test('an import refuses secrets, and two files that disagree', async () => {
  const secret = `ghp_${'a1'.repeat(18)}`
  const leaking = makeProject(null, {
    '.codex/config.toml': `[mcp_servers.a]\ncommand = "a"\nenv = { X = "${secret}" }\n`,
  })
  expect(await code(importTeam({ folder: leaking.root }))).toBe('team.secret')
  expect(await detail(importTeam({ folder: leaking.root }))).toMatch(/line 3, env: a GitHub token$/)
  const differing = makeProject(null, {
    '.cursor/mcp.json': '{ "mcpServers": { "a": { "command": "a" } } }',
    '.mcp.json': '{ "mcpServers": { "a": { "command": "b" } } }',
  })
  expect(await code(importTeam({ folder: differing.root }))).toBe('team.import-differs')
})

const word = fc.stringMatching(/^[a-zA-Z0-9 _./:@-]{1,12}$/)
const name = fc.stringMatching(/^[a-z][a-z0-9-]{0,8}$/).filter((one) => one !== 'workspace')
const value = fc.oneof(word, fc.constant('${HOME_DIR:-/tmp}'))
const server = fc.oneof(
  fc.record(
    {
      command: word,
      args: fc.array(value, { maxLength: 3 }),
      env: fc.dictionary(fc.stringMatching(/^[A-Z]{1,6}$/), value, { maxKeys: 2 }),
    },
    { requiredKeys: ['command'] },
  ),
  fc.record(
    {
      url: fc.constant('https://mcp.example.com/x'),
      headers: fc.dictionary(fc.stringMatching(/^X-[a-z]{1,6}$/), value, { maxKeys: 2 }),
    },
    { requiredKeys: ['url'] },
  ),
)
const servers = fc.dictionary(name, server, { maxKeys: 4 })

test('for any two team files: a second run changes nothing, and the way over another leads to the same files', async () => {
  await fc.assert(
    fc.asyncProperty(servers, servers, async (first, second) => {
      const straight = makeProject(team(second))
      await straight.sync()
      expect((await straight.sync()).files.every(({ state }) => state === 'unchanged')).toBe(true)
      const around = makeProject(team(first))
      await around.sync()
      around.setTeam(team(second))
      await around.sync()
      expect((await around.sync({ check: true })).clean).toBe(true)
      for (const path of ['.mcp.json', '.cursor/mcp.json', '.gemini/settings.json', '.vscode/mcp.json']) {
        const read = (project: typeof straight) =>
          existsSync(join(project.root, path)) ? Object.values(project.json(path))[0] : undefined
        expect(read(around) ?? {}).toEqual(read(straight) ?? {})
      }
    }),
    { numRuns: 12 },
  )
})

test('the published schema is the one that is checked', () => {
  const published = readFileSync(join(import.meta.dirname, '..', '..', '..', 'docs', 'mcp-servers.schema.json'), 'utf8')
  expect(JSON.parse(published)).toEqual(JSON.parse(JSON.stringify(z.toJSONSchema(TeamFile, { io: 'input' }))))
})
