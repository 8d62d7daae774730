import { spawnSync } from 'node:child_process'
import { createHash, createHmac, randomBytes } from 'node:crypto'
import { userInfo } from 'node:os'
import fc from 'fast-check'
import { afterAll, expect, test, vi } from 'vitest'
import { compileBridge } from '../../../build/native.ts'
import { createPaths } from '../../lib/paths.ts'
import { createEnvelopeReader } from '../end/envelope.ts'
import { createBuilds } from './test-builds.ts'

vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 })
const builds = await createBuilds()
afterAll(builds.close)
const parts = await builds.sanitized('parts.c')
const ask = (args: string[], input: Buffer | string = '', env = {}) => {
  const { status, stdout, stderr } = spawnSync(parts.command, args, { input, env, maxBuffer: 1 << 28 })
  if (status !== 0) throw new Error(`${args.join(' ')} ended with ${status}: ${stderr}`)
  return stdout.toString().slice(0, -1)
}
const hex = (bytes: number, length: number) => Buffer.alloc(length, bytes).toString('hex')

test.each([
  ['', 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
  ['abc', 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
  [
    'abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq',
    '248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1',
  ],
  ['a'.repeat(1_000_000), 'cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0'],
])('SHA-256 of FIPS 180-4’s examples: %.20s', (text, digest) => {
  expect(ask(['sha256'], text)).toBe(digest)
})

test.each([
  [hex(0x0b, 20), 'Hi There', 'b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7'],
  ['4a656665', 'what do ya want for nothing?', '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843'],
  [hex(0xaa, 20), Buffer.alloc(50, 0xdd), '773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe'],
  [
    '0102030405060708090a0b0c0d0e0f10111213141516171819',
    Buffer.alloc(50, 0xcd),
    '82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b',
  ],
  [
    hex(0xaa, 131),
    'Test Using Larger Than Block-Size Key - Hash Key First',
    '60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54',
  ],
  [
    hex(0xaa, 131),
    'This is a test using a larger than block-size key and a larger than block-size data. The key needs to be hashed before being used by the HMAC algorithm.',
    '9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2',
  ],
])('HMAC-SHA256 of RFC 4231’s examples', (key, text, digest) => {
  expect(ask(['hmac', key], text)).toBe(digest)
})

test('hashes texts of every length up to three blocks as OpenSSL does', () => {
  for (let length = 0; length <= 192; length += 1) {
    const text = randomBytes(length)
    const key = randomBytes(1 + (length % 80))
    if (length % 8 === 0) expect(ask(['sha256'], text)).toBe(createHash('sha256').update(text).digest('hex'))
    if (length % 8 === 3)
      expect(ask(['hmac', key.toString('hex')], text)).toBe(createHmac('sha256', key).update(text).digest('hex'))
  }
})

/** What the Node build's scanner finds, in the words of parts.c. */
function scanInNode(line: Buffer) {
  const reader = createEnvelopeReader()
  reader.feed(line, 0, line.length)
  const { id, method } = reader.finish()
  const known = { initialize: 'initialize', 'notifications/initialized': 'initialized' }[method ?? '']
  return `${method === null ? '-' : (known ?? 'other')} ${id ?? ''}`
}

test('finds in each line what the Node build finds, whatever is in it and however it arrives', () => {
  const texts = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 20 }),
    fc.constantFrom('id', 'method', 'initialize', 'notifications/initialized', 'params'),
  )
  const values = fc.oneof(fc.jsonValue(), texts, fc.integer(), fc.constant('x'.repeat(300)))
  const objects = fc
    .array(fc.tuple(texts, values), { maxLength: 6 })
    .map((pairs) => `{${pairs.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`).join(' , ')}}`)
  const pieces = fc.constantFrom(
    '{',
    '}',
    '[',
    ']',
    ':',
    ',',
    '"',
    '\\',
    ' ',
    '\t',
    '1',
    '-',
    'e',
    'null',
    '"id"',
    '"method"',
    '"initialize"',
    '\u0001',
    'é',
  )
  const garbage = fc.array(pieces, { minLength: 1, maxLength: 25 }).map((all) => all.join(''))
  const lines = fc.sample(fc.oneof({ arbitrary: objects, weight: 2 }, garbage), { numRuns: 20_000, seed: 20261121 })
  // A line of blanks is none, and a newline in a string of JSON.stringify is escaped.
  const input = lines.filter((line) => /[^ \r]/.test(line))
  const long = `{"x":"${'y'.repeat(100_000)}","id":"long","method":"initialize"}`
  input.push(long)
  // In long strings no quote and no escape is passed over, wherever it stands.
  for (const before of [0, 30, 31, 32, 33, 34, 511, 542, 543, 544, 545, 546, 1055, 1056, 1057, 5000]) {
    for (const text of ['\\"', '\\\\', '', '","method":"initialize', '\\\\","y":"'])
      input.push(`{"x":"${'m'.repeat(before)}${text}${'m'.repeat(600)}","id":${before}}`)
  }
  const expected = input.map((line) => scanInNode(Buffer.from(line)))
  for (const step of [1 << 20, 4096, 7]) {
    const found = ask(['scan', `${step}`], `${input.join('\n')}\n`).split('\n')
    expect(found.length).toBe(expected.length)
    const wrong = found.flatMap((each, index) =>
      each === expected[index] ? [] : [[input[index], each, expected[index]]],
    )
    expect(wrong).toEqual([])
  }
})

test.each([
  { CAUSEWAY_HOME: '/srv/causeway home' },
  { HOME: '/home/eve' },
  { HOME: '/home/eve', XDG_DATA_HOME: '/data', CAUSEWAY_HOME: '' },
  { HOME: '/home/eve', XDG_DATA_HOME: '' },
  {},
  { HOME: '' },
])('finds the data folder where the app has it: %j', (env) => {
  const home = env.HOME || userInfo().homedir
  const { data } = createPaths({ env: { ...env, HOME: home }, platform: process.platform })
  expect(ask(['data-folder'], '', env)).toBe(data)
})

test('a data folder that no path can name is none', () => {
  expect(ask(['data-folder'], '', { XDG_DATA_HOME: 'x'.repeat(4090) })).toBe('none')
})

test('survives mutated lines, ids and handshakes under the sanitizers, and keeps its promises', async () => {
  const fuzz = await builds.sanitized('fuzz.c')
  for (const seed of [1, 2, 3]) {
    const { status, stdout, stderr } = spawnSync(fuzz.command, ['4000', `${seed}`], { encoding: 'utf8' })
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: '4000 runs\n', stderr: '' })
  }
})

// Without clang the mutations above have to do.
if (spawnSync('clang', ['--version']).status === 0) {
  test('survives what libFuzzer finds in half a minute', async () => {
    const out = `${builds.folder}/libfuzzer`
    const flags = ['-g', '-O1', '-fsanitize=fuzzer,address,undefined', '-DLIBFUZZER']
    const main = `${import.meta.dirname}/testing/fuzz.c`
    const outcome = await compileBridge({ compiler: 'clang', system: process.platform, out, flags, main })
    expect(outcome).toEqual({ ok: true })
    const bounds = ['-runs=200000', '-max_total_time=30', '-max_len=200000']
    const { status, stderr } = spawnSync(out, bounds, { encoding: 'utf8' })
    expect(status, stderr).toBe(0)
  })
}
