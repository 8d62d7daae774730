import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { createSharedServers } from './shared-servers.ts'
import { codeOf, openTestLink, until } from './test-link.ts'

// A local server that notes what it is told, answers `hold` only when it is told to, and asks when a tool says so.
const source = `
  const { createInterface } = require('node:readline')
  const { appendFileSync } = require('node:fs')
  const notes = process.argv[2]
  const note = (text) => appendFileSync(notes, text + '\\n')
  note('started ' + process.pid)
  const say = (value) => process.stdout.write(JSON.stringify({ jsonrpc: '2.0', ...value }) + '\\n')
  const held = new Map()
  createInterface({ input: process.stdin }).on('line', (line) => {
    const message = JSON.parse(line)
    const { id, method, params } = message
    note(line)
    if (method === 'initialize') return say({ id, result: { protocolVersion: params.protocolVersion, capabilities: {}, serverInfo: { name: 'local', version: String(process.pid) } } })
    if (method === undefined) return held.has(id) ? say({ id: held.get(id), result: { told: message.result ?? null, error: message.error ?? null } }) : undefined
    if (id === undefined) return
    const { name, arguments: args = {} } = params ?? {}
    if (name === 'die') { say({ id, result: { last: 'words' } }); return process.exit(1) }
    if (name === 'hold') return
    if (name === 'release') say({ id: args.id, result: { released: true } })
    if (name === 'ask') { held.set('q' + id, id); return say({ id: 'q' + id, method: args.method, params: args.params ?? {} }) }
    if (name === 'say') say({ method: args.method, params: args.params })
    if (name === 'flood') for (let at = 0; at < 300; at += 1) say({ method: 'notifications/message', params: { level: 'error', data: 'x'.repeat(100000) } })
    if (params?._meta?.progressToken !== undefined) say({ method: 'notifications/progress', params: { progressToken: params._meta.progressToken, progress: 1 } })
    if (name === 'large') return say({ id, result: 'x'.repeat(300000) })
    say({ id, result: { id, pid: process.pid, args, env: process.env } })
  })
  process.stdin.on('end', () => process.exit(0))
`

let folder: string
let notes: string
let shared: ReturnType<typeof createSharedServers>
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'causeway shared '))
  notes = join(folder, 'notes')
  writeFileSync(join(folder, 'server.cjs'), source)
  writeFileSync(notes, '')
  shared = createSharedServers({ version: '1.2.3', emptyMs: 100 })
  return async () => {
    await shared.close()
    rmSync(folder, { recursive: true, force: true })
  }
})

type Options = Parameters<typeof openTestLink>[1]
const open = (options: Options = {}) =>
  openTestLink(
    { transport: 'stdio', command: process.execPath, args: [join(folder, 'server.cjs'), notes], shared: true },
    { shared, ...options },
  )
type Note = { id?: unknown; method?: string; params?: Record<string, unknown> }
const noted = () => readFileSync(notes, 'utf8').split('\n').filter(Boolean)
const starts = () => noted().filter((line) => line.startsWith('started')).length
const heard = (method: string) =>
  noted()
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Note)
    .filter((message) => message.method === method)
const pidOf = (answer: { result?: Record<string, unknown> }) => answer.result?.pid

/** Two apps at one process, one that can be asked and one that cannot. */
async function openTwo(options: Options = {}) {
  const one = open(options)
  await one.request('init', 'initialize', {
    protocolVersion: '2025-11-25',
    capabilities: { roots: {}, sampling: {}, elicitation: {} },
    clientInfo: { name: 'One', version: '1' },
  })
  one.notify('notifications/initialized')
  const two = open(options)
  await two.request('init', 'initialize', {
    protocolVersion: '2025-06-18',
    capabilities: {},
    clientInfo: { name: 'Two', version: '1' },
  })
  two.notify('notifications/initialized')
  return { one, two }
}
/** Starts a call that runs until `release`, and says under which id the server knows it. */
async function hold(link: ReturnType<typeof open>, id: unknown) {
  const before = heard('tools/call').length
  link.send({ jsonrpc: '2.0', id, method: 'tools/call', params: { name: 'hold' } } as Record<string, unknown>)
  const call = await until(() => heard('tools/call')[before], 'the call to arrive')
  return call.id
}

describe('one process for all sessions', () => {
  test('is started and opened once, and each session is told what it answered', async () => {
    const { one, two } = await openTwo()
    expect(pidOf(await one.call(1))).toBe(pidOf(await two.call(1)))
    expect(starts()).toBe(1)
    expect(heard('initialize')).toHaveLength(1)
    expect(heard('notifications/initialized')).toHaveLength(1)
    expect(heard('initialize')[0]?.params).toMatchObject({
      capabilities: { roots: {}, sampling: {}, elicitation: {} },
      clientInfo: { name: 'causeway', version: '1.2.3' },
    })
    const versionOf = (link: typeof one) =>
      (JSON.parse(link.delivered[0] ?? '') as { result: { protocolVersion: string } }).result.protocolVersion
    expect([versionOf(one), versionOf(two)]).toEqual(['2025-11-25', '2025-06-18'])
  })

  test('many that open at the same moment start one', async () => {
    const links = Array.from({ length: 12 }, () => open())
    await Promise.all(links.map((link) => link.initialize()))
    const pids = await Promise.all(links.map(async (link) => pidOf(await link.call(1))))
    expect(new Set(pids).size).toBe(1)
    expect(starts()).toBe(1)
  })

  test('another configuration, or another account, is another process', async () => {
    let account = 'ana'
    const people = createSharedServers({ version: '1', account: () => account })
    onTestFinished(people.close)
    const first = open({ shared: people })
    await first.initialize()
    account = 'ben'
    const second = open({ shared: people })
    await second.initialize()
    expect(pidOf(await first.call(1))).not.toBe(pidOf(await second.call(1)))
  })

  test('edge 5, ids of two apps never meet: the same ids, of every kind, at the same time', async () => {
    const { one, two } = await openTwo()
    for (const id of [1, '1', 0, '', 'é"\\']) {
      const [mine, theirs] = await Promise.all([one.call(id, 'x', { who: 1 }), two.call(id, 'x', { who: 2 })])
      expect([mine.result?.args, theirs.result?.args]).toEqual([{ who: 1 }, { who: 2 }])
    }
    const ids = heard('tools/call').map(({ id }) => id)
    expect(new Set(ids).size).toBe(ids.length)
  })

  test('edge 6, arguments keep their bytes', async () => {
    const { one } = await openTwo()
    const args = '{"z":1.0,"a":12345678901234567890,"s":"\\ud800","__proto__":{"x":1}}'
    one.send(`{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"x","arguments":${args}}}`)
    await one.outcome(7)
    expect(noted().some((line) => line.includes(args))).toBe(true)
  })

  test('edge 39, progress comes back to its own app under its own token', async () => {
    const { one, two } = await openTwo()
    const params = (progressToken: unknown) => ({ name: 'x', _meta: { progressToken } })
    await Promise.all([
      one.request(1, 'tools/call', params('same')),
      two.request(1, 'tools/call', params('same')),
      one.request(2, 'tools/call', params(5)),
    ])
    const tokens = (link: typeof one) =>
      link.delivered
        .map((line) => JSON.parse(line) as Note)
        .filter(({ method }) => method === 'notifications/progress')
        .map(({ params: told }) => told?.progressToken)
    expect(tokens(one)).toEqual(['same', 5])
    expect(tokens(two)).toEqual(['same'])
  })

  test('a cancel names the call as the server knows it, and ends no other', async () => {
    const { one, two } = await openTwo()
    const mine = await hold(one, 1)
    const theirs = await hold(two, 1)
    two.notify('notifications/cancelled', { requestId: 1 })
    await until(() => heard('notifications/cancelled')[0])
    expect(heard('notifications/cancelled')[0]?.params?.requestId).toBe(theirs)
    await two.call(2, 'release', { id: theirs })
    await two.call(3, 'release', { id: mine })
    expect(await one.outcome(1)).toMatchObject({ result: { released: true } })
    expect(two.find(1)).toBeUndefined()
  })

  test('a changed list is told to all, a resource to those who asked for it, a log line by each one’s level', async () => {
    const { one, two } = await openTwo()
    await one.request(1, 'resources/subscribe', { uri: 'a:1' })
    await two.request(1, 'resources/subscribe', { uri: 'a:1' })
    await two.request(2, 'resources/subscribe', { uri: 'a:2' })
    await one.request(2, 'logging/setLevel', { level: 'debug' })
    await two.request(3, 'logging/setLevel', { level: 'error' })
    expect(heard('logging/setLevel').map(({ params }) => params?.level)).toEqual(['debug', 'debug'])
    for (const [method, params] of [
      ['notifications/tools/list_changed', {}],
      ['notifications/resources/updated', { uri: 'a:2' }],
      ['notifications/message', { level: 'info', data: 'chat' }],
      ['notifications/message', { level: 'error', data: 'trouble' }],
    ]) {
      await one.call(`say ${JSON.stringify(params)}`, 'say', { method, params } as Record<string, unknown>)
    }
    await two.call(9)
    const told = (link: typeof one) =>
      link.delivered.flatMap((line) => (JSON.parse(line) as Note).method?.slice(14) ?? [])
    expect(told(one)).toEqual(['tools/list_changed', 'message', 'message'])
    expect(told(two)).toEqual(['tools/list_changed', 'resources/updated', 'message'])
    // The server goes on telling of what one of them still wants to hear.
    expect(await one.request(4, 'resources/unsubscribe', { uri: 'a:1' })).toMatchObject({ result: {} })
    expect(heard('resources/unsubscribe')).toEqual([])
    await two.link.close()
    await until(() => heard('resources/unsubscribe').length === 2 || undefined)
  })

  test('edge 3, an answer over the limit is an error for its app only', async () => {
    const { one, two } = await openTwo({ maxMessageBytes: 100_000 })
    const [mine, theirs] = await Promise.all([one.call(1, 'large'), two.call(1)])
    expect(codeOf(mine)).toBe('bridge.answer-too-large')
    expect(theirs).toMatchObject({ result: {} })
  })
})

describe('questions of the server', () => {
  const ask = (method: string, params = {}) => ({ name: 'ask', arguments: { method, params } })

  test('go to the app whose call is running, and its answer back', async () => {
    const { one, two } = await openTwo()
    one.send({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: ask('roots/list') })
    const question = await until(() => one.delivered.find((line) => line.includes('roots/list')))
    const { id } = JSON.parse(question) as { id: string }
    // Who was not asked has nothing to say.
    two.send({ jsonrpc: '2.0', id, result: { roots: ['forged'] } })
    one.send({ jsonrpc: '2.0', id, result: { roots: [] } })
    expect(await one.outcome(1)).toMatchObject({ result: { told: { roots: [] } } })
    expect(two.delivered.join()).not.toContain('roots/list')
  })

  test('that an app cannot take are refused in its name', async () => {
    const { two } = await openTwo()
    const { result } = await two.request(1, 'tools/call', ask('elicitation/create'))
    expect(result?.error).toMatchObject({ code: -32601 })
    expect(two.delivered.join()).not.toContain('"method":"elicitation/create"')
  })

  test('that could be for either of two are refused, with the reason', async () => {
    const { one, two } = await openTwo()
    await hold(two, 1)
    const { result } = await one.request(1, 'tools/call', ask('sampling/createMessage'))
    expect(result?.error).toMatchObject({
      message: expect.stringContaining('several apps use this server'),
      data: { code: 'bridge.question-unanswered' },
    })
    expect(one.delivered.join() + two.delivered.join()).not.toContain('"method":"sampling/createMessage"')
  })

  test('ping is answered here', async () => {
    const { one } = await openTwo()
    expect(await one.request(1, 'tools/call', ask('ping'))).toMatchObject({ result: { told: {} } })
  })

  test('of an app that goes are answered with an error, and its calls are cancelled', async () => {
    const { one, two } = await openTwo()
    one.send({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: ask('elicitation/create') })
    await until(() => one.delivered.find((line) => line.includes('elicitation/create')))
    const known = heard('tools/call')[0]?.id
    await one.link.close()
    const told = await until(() => noted().find((line) => line.includes('the app has gone')))
    expect(told).toContain('bridge.question-unanswered')
    const cancel = await until(() => heard('notifications/cancelled')[0])
    expect(cancel.params?.requestId).toBe(known)
    expect(await two.call(2)).toMatchObject({ result: {} })
  })
})

describe('its end', () => {
  test('edge 27, when it dies the calls of all fail, its last words arrive, and one is started for all', async () => {
    const { one, two } = await openTwo()
    const before = pidOf(await one.call(1))
    await hold(two, 1)
    expect(await one.call(2, 'die')).toMatchObject({ result: { last: 'words' } })
    expect(codeOf(await two.outcome(1))).toBe('bridge.process-failed')
    const [mine, theirs] = await Promise.all([one.call(3), two.call(3)])
    expect(pidOf(mine)).toBe(pidOf(theirs))
    expect(pidOf(mine)).not.toBe(before)
    expect(starts()).toBe(2)
    expect(heard('initialize')).toHaveLength(2)
    expect(heard('notifications/initialized')).toHaveLength(2)
  })

  test('a session that ends leaves it running; when the last has been gone for a while it ends', async () => {
    const { one, two } = await openTwo()
    const pid = pidOf(await one.call(1))
    await one.link.close()
    expect(pidOf(await two.call(2))).toBe(pid)
    await two.link.close()
    const third = open()
    await third.initialize()
    expect(pidOf(await third.call(1))).toBe(pid)
    await third.link.close()
    await until(() => !isAlive(pid as number) || undefined, 'the process to end')
  })

  test('edge 43, a second initialize of one app disturbs nobody', async () => {
    const { one, two } = await openTwo()
    const known = await hold(two, 1)
    await one.initialize('again')
    expect(await one.call(2, 'release', { id: known })).toMatchObject({ result: {} })
    expect(await two.outcome(1)).toMatchObject({ result: { released: true } })
    expect(starts()).toBe(1)
  })

  test('edge 2, an app that does not read is put out and comes again; the others go on', async () => {
    const stuck = Promise.withResolvers<void>()
    let isStuck = false
    const one = open({ maxMessageBytes: 1_000_000, deliver: () => (isStuck ? stuck.promise : undefined) })
    const two = open({ maxMessageBytes: 1_000_000 })
    await two.initialize()
    one.send({ jsonrpc: '2.0', id: 1, method: 'initialize', params: { protocolVersion: '2025-11-25' } })
    one.send({ jsonrpc: '2.0', id: 2, method: 'tools/call', params: { name: 'x' } })
    await until(() => heard('tools/call')[0])
    isStuck = true
    expect(await two.call(1, 'flood')).toMatchObject({ result: {} })
    await until(() => one.logLines.concat(two.logLines).find((line) => line.includes('client.not-reading')))
    expect(await two.call(2)).toMatchObject({ result: {} })
    stuck.resolve()
  })
})

test('a key from the vault reaches a local server as a variable of its environment, and nothing else does', async () => {
  const headers = async () => ({ API_TOKEN: 'from the vault' })
  const endpoint = { transport: 'stdio', command: process.execPath, args: [join(folder, 'server.cjs'), notes] }
  const keyed = openTestLink(endpoint, { headers, auth: { kind: 'api-key', header: 'API_TOKEN' } })
  await keyed.initialize()
  expect((await keyed.call(1)).result?.env).toMatchObject({ API_TOKEN: 'from the vault' })
  const plain = openTestLink(endpoint, { headers, auth: { kind: 'sso' } })
  await plain.initialize()
  expect((await plain.call(1)).result?.env).not.toHaveProperty('API_TOKEN')
})

const isAlive = (pid: number) => {
  try {
    process.kill(pid, 0)
    return process.platform !== 'linux' || !/^\d+ \(.*\) [ZX]/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return false
  }
}
