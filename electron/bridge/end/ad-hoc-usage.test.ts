import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { readAdHocUsage } from './ad-hoc-usage.ts'

const env = { TOKEN: 'abc def', NAME: 'ana' }
const read = (...args: string[]) => readAdHocUsage(args, env, '1.2.3')
/** A reference to the environment, as it stands on a command line. */
const ref = (name: string) => `\${${name}}`
const url = 'https://mcp.example.com/mcp'
const run = (...args: string[]) => {
  const usage = read(url, ...args)
  if (usage.kind !== 'run') throw new Error(usage.text)
  return usage
}

test('an address is enough', () => {
  expect(run()).toEqual({ kind: 'run', adHoc: { transport: 'auto', url, headers: {} }, client: null })
})

test('headers take values from the environment, with or without a space behind the colon', () => {
  const { adHoc } = run(
    '--header',
    `Authorization: Bearer ${ref('TOKEN')}`,
    '--header',
    `X-User:${ref('NAME')}`,
    '--header=X-A: b:c',
  )
  expect(adHoc.headers).toEqual({ authorization: 'Bearer abc def', 'x-user': 'ana', 'x-a': 'b:c' })
})

test('headers come from a file, without its comments', () => {
  const folder = mkdtempSync(join(tmpdir(), 'headers-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'headers.txt')
  writeFileSync(file, `# mine\r\nX-One: 1\r\n\r\n  X-Two: ${ref('NAME')}\n`)
  expect(run('--header-file', file).adHoc.headers).toEqual({ 'x-one': '1', 'x-two': 'ana' })
})

test('a bearer token, from the command line or from the environment', () => {
  expect(run('--bearer', 't1').adHoc.headers).toEqual({ authorization: 'Bearer t1' })
  expect(run('--bearer-env', 'TOKEN').adHoc.headers).toEqual({ authorization: 'Bearer abc def' })
})

test.each([
  ['http-only', 'http'],
  ['sse-only', 'sse'],
  ['http-first', 'auto'],
  ['sse-first', 'auto'],
  ['sse', 'sse'],
])('the transport %s of other bridges is %s here', (given, transport) => {
  expect(run('--transport', given).adHoc.transport).toBe(transport)
})

test('a client secret comes from the environment, and not without its client id', () => {
  const { adHoc } = run('--client-id', 'mine', '--client-secret-env', 'TOKEN')
  expect(adHoc).toMatchObject({ clientId: 'mine', clientSecret: 'abc def' })
  expect(read(url, '--client-secret-env', 'TOKEN')).toMatchObject({ kind: 'wrong', text: /--client-id/ })
  expect(read(url, '--client-id', 'mine', '--client-secret-env', 'NOT')).toMatchObject({ kind: 'wrong', text: /NOT/ })
})

test('client id and client', () => {
  expect(run('--client-id', 'https://a.example/c.json', '--client', 'cursor')).toMatchObject({
    adHoc: { clientId: 'https://a.example/c.json' },
    client: 'cursor',
  })
})

test('a protocol that is known beforehand', () => {
  expect(run('--protocol', 'modern').adHoc.era).toBe('modern')
  expect(run('--protocol', 'auto').adHoc.era).toBeUndefined()
})

test('a client that takes large answers', () => {
  expect(run('--max-answer', '64').adHoc.maxAnswerBytes).toBe(64 * 1024 * 1024)
})

test('a command line that was written for mcp-remote works as it is', () => {
  const theirs = [
    '3334',
    '--debug',
    '--host',
    '127.0.0.1',
    '--auth-timeout=60',
    '--enable-proxy',
    '--transport',
    'http-only',
  ]
  expect(run(...theirs, '--header', 'X-A:b')).toEqual({
    kind: 'run',
    adHoc: { transport: 'http', url, headers: { 'x-a': 'b' } },
    client: null,
  })
})

test.each([
  ['--ignore-tool', 'delete*', 'allowed and forbidden in the app'],
  ['--static-oauth-client-info', '{}', '--client-id'],
  ['--token-endpoint', 'https://a.example', 'does not know the option --token-endpoint'],
  ['--constructor', 'x', 'does not know the option --constructor'],
])('what would mean another thing is refused, never passed over: %s', (flag, value, why) => {
  expect(read(url, flag, value)).toMatchObject({ kind: 'wrong', text: expect.stringContaining(why) })
})

test('says its version and how it is used', () => {
  expect(read('--version')).toEqual({ kind: 'say', text: '1.2.3' })
  expect(read('--help')).toMatchObject({ kind: 'say', text: expect.stringContaining('causeway bridge <url>') })
})

test('an address without encryption is for this machine, or said to be meant', () => {
  for (const here of ['http://localhost:8080/mcp', 'http://127.0.0.1/mcp', 'http://[::1]:1/'])
    expect(read(here).kind).toBe('run')
  expect(read('http://10.0.0.1/mcp', '--allow-http').kind).toBe('run')
})

test.each([
  [[], 'needs the address of a server'],
  [['nonsense'], 'is not an address'],
  [['file:///etc/passwd'], 'is not an https address'],
  [['https://ana:pw@example.com'], 'a name or password in the address is not sent'],
  [['http://example.com/mcp'], 'is not encrypted'],
  [['http://localhost.example.com/mcp'], 'is not encrypted'],
  [[url, url], 'takes one address'],
  [[url, '--header', 'no colon'], 'a header looks like'],
  [[url, '--header', 'bad name: x'], 'a header looks like'],
  [[url, '--header', `X: ${ref('MISSING')}`], 'the environment has no MISSING'],
  [[url, '--bearer-env', 'MISSING'], 'the environment has no MISSING'],
  [[url, '--header-file', '/nowhere/at/all'], 'the file of headers cannot be read: ENOENT'],
  [[url, '--transport', 'pigeon'], 'is not a transport'],
  [[url, '--client', 'Not A Name'], 'is not the name of a client'],
  [[url, '--protocol', '2'], 'is not auto, legacy or modern'],
  [[url, '--max-answer', '65'], '64 at most'],
  [[url, '--bearer'], '--bearer needs a value'],
  [[url, '--verbose'], 'does not know the option --verbose'],
])('refuses %j in a sentence', (args, sentence) => {
  expect(read(...args)).toMatchObject({ kind: 'wrong', text: expect.stringContaining(sentence) })
})
