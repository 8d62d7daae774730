import { describe, expect, test } from 'vitest'
import { metaKeys } from '../revision.ts'
import { readQuestions } from './input-rounds.ts'
import { toLegacyAnswer } from './legacy-answer.ts'
import { readSender, senderTexts, toModernRequest } from './legacy-request.ts'

const meta = ['"m":1']
const request = (text: string, answers?: Parameters<typeof toModernRequest>[3]) =>
  toModernRequest(Buffer.from(text), '"own"', meta, answers)?.toString()

describe('1.3.2: a request of an older client becomes one that stands alone', () => {
  test.each([
    ['{"jsonrpc":"2.0","id":1,"method":"m"}', '{"params":{"_meta":{"m":1}},"jsonrpc":"2.0","id":"own","method":"m"}'],
    ['{"id":1,"params":{}}', '{"id":"own","params":{"_meta":{"m":1}}}'],
    ['{"id":1,"params":{"a":1.0}}', '{"id":"own","params":{"_meta":{"m":1},"a":1.0}}'],
    ['{"id":1,"params":{"_meta":{}}}', '{"id":"own","params":{"_meta":{"m":1}}}'],
    [
      '{"id":1,"params":{"a":1,"_meta":{"progressToken":7}}}',
      '{"id":"own","params":{"a":1,"_meta":{"m":1,"progressToken":7}}}',
    ],
    ['{"id":1,"params":{"_meta":null,"a":1}}', '{"id":"own","params":{"_meta":{"m":1},"a":1}}'],
  ])('%s', (before, after) => {
    expect(request(before)).toBe(after)
  })
  test('what it claims of its sender in the words of 2026-07-28 is replaced, not doubled', () => {
    const before = `{"id":1,"params":{"_meta":{"${metaKeys.clientInfo}":{"name":"liar"},"x":1,"${metaKeys.logLevel}":"debug"}}}`
    expect(request(before)).toBe('{"id":"own","params":{"_meta":{"m":1,"x":1}}}')
  })
  test('arguments are carried: big numbers, odd keys, lone surrogates, 20 MB', () => {
    const args = `{"n":12345678901234567890.10,"__proto__":{"x":"\\ud800"},"big":"${'x'.repeat(20_000_000)}"}`
    expect(request(`{"id":1,"method":"tools/call","params":{"arguments":${args}}}`)).toBe(
      `{"id":"own","method":"tools/call","params":{"_meta":{"m":1},"arguments":${args}}}`,
    )
  })
  test('params that are no object are refused', () => {
    expect(request('{"id":1,"params":[1]}')).toBeUndefined()
  })
  test('1.3.3: a repeated call brings the answers and the state, byte for byte, and none that came before', () => {
    const answers = { responses: [['who', '{"n":1.0}'] as const], state: '"\\u0061\\/b"' }
    expect(request('{"id":1,"params":{"name":"t","requestState":"old"}}', answers)).toBe(
      '{"id":"own","params":{"_meta":{"m":1},"inputResponses":{"who":{"n":1.0}},"requestState":"\\u0061\\/b","name":"t"}}',
    )
    expect(request('{"id":1,"params":{"name":"t","_meta":{}}}', { responses: [], state: null })).toBe(
      '{"id":"own","params":{"name":"t","_meta":{"m":1}}}',
    )
  })
  test('what the client declared is passed on as it wrote it, but for tasks, which it could not have any more', () => {
    const line =
      '{"params":{"capabilities":{"tasks":{"list":{}},"elicitation":{ "form":{} },"x":1.0},"clientInfo":{"name":"a","big":1e400}}}'
    const sender = readSender(Buffer.from(line))
    expect(senderTexts(sender, '2026-07-28', '"debug"')).toEqual([
      `"${metaKeys.version}":"2026-07-28"`,
      `"${metaKeys.clientInfo}":{"name":"a","big":1e400}`,
      `"${metaKeys.capabilities}":{"elicitation":{ "form":{} },"x":1.0}`,
      `"${metaKeys.logLevel}":"debug"`,
    ])
    expect(readSender(Buffer.from('{}'))).toEqual({
      clientInfo: expect.stringContaining('unknown'),
      capabilities: '{}',
    })
  })
})

const answer = (text: string, method = 'tools/call') => toLegacyAnswer(Buffer.from(text), '7', method).toString()

describe('1.3.6: a result becomes one an older client knows', () => {
  test('the words of 2026-07-28 leave, everything else stays', () => {
    expect(
      answer(
        '{"jsonrpc":"2.0","result":{"resultType":"complete","n":1.0,"ttlMs":5,"x":{"ttlMs":1},"cacheScope":"public"},"id":"own"}',
      ),
    ).toBe('{"jsonrpc":"2.0","result":{"n":1.0,"x":{"ttlMs":1}},"id":7}')
  })
  test.each([
    ['{"a":1}', true],
    ['[1]', false],
    ['"text"', false],
    ['null', false],
    ['1', false],
  ])('structured content %s', (value, stays) => {
    const text = answer(`{"id":"own","result":{"content":[],"structuredContent":${value}}}`)
    expect(text).toBe(`{"id":7,"result":{"content":[]${stays ? `,"structuredContent":${value}` : ''}}}`)
  })
  test('a schema of such content leaves its tool', () => {
    const list =
      '{"name":"a","outputSchema":{"type":"array"}},{"name":"b","outputSchema":{ "type":"object" }},{"name":"c"}'
    expect(answer(`{"id":"own","result":{"tools":[${list}]}}`, 'tools/list')).toBe(
      '{"id":7,"result":{"tools":[{"name":"a"},{"name":"b","outputSchema":{ "type":"object" }},{"name":"c"}]}}',
    )
  })
  test('an unknown resource has its old code; other errors keep theirs', () => {
    const error = '{"id":"own","error":{"code":-32602,"message":"m","data":{"uri":"x"}}}'
    expect(answer(error, 'resources/read')).toBe(error.replace('-32602', '-32002').replace('"own"', '7'))
    expect(answer(error, 'tools/call')).toBe(error.replace('"own"', '7'))
    expect(answer(error.replace('-32602', '-32603'), 'resources/read')).toContain('-32603')
  })
})

describe('1.3.3: questions inside a result', () => {
  const read = (requests: string, capabilities: unknown) =>
    readQuestions(
      Buffer.from(`{"result":{"resultType":"input_required","inputRequests":${requests}}}`),
      Buffer.from(JSON.stringify(capabilities)),
    )
  test('each becomes a request with an id of its own and the parameters as they are', () => {
    const found = read('{"a":{"method":"roots/list"},"b":{"params":{"n":1.0},"method":"elicitation/create"}}', {
      roots: {},
      elicitation: {},
    })
    if ('refused' in found) throw new Error('refused')
    expect(found.map(({ name, method }) => [name, method])).toEqual([
      ['a', 'roots/list'],
      ['b', 'elicitation/create'],
    ])
    expect(found[1]?.line.toString()).toBe(
      `{"jsonrpc":"2.0","id":${found[1]?.id},"method":"elicitation/create","params":{"n":1.0}}`,
    )
    expect(new Set(found.map(({ id }) => id)).size).toBe(2)
  })
  test('a question by web page gets the id older clients tell it by', () => {
    const found = read('{"a":{"method":"elicitation/create","params":{"mode":"url","url":"https://x"}}}', {
      elicitation: { url: {} },
    })
    if ('refused' in found) throw new Error('refused')
    expect(JSON.parse(found[0]?.line.toString() ?? '').params).toEqual({
      elicitationId: expect.stringMatching(/./),
      mode: 'url',
      url: 'https://x',
    })
  })
  test.each([
    ['roots/list', {}, {}, 'roots/list'],
    ['sampling/createMessage', {}, { roots: {} }, 'sampling/createMessage'],
    ['sampling/createMessage', { tools: [] }, { sampling: {} }, 'sampling/createMessage with tools'],
    ['elicitation/create', {}, {}, 'elicitation/create'],
    ['elicitation/create', { mode: 'url' }, { elicitation: {} }, 'elicitation/create by web page'],
    ['elicitation/create', {}, { elicitation: { url: {} } }, 'elicitation/create by form'],
    ['tools/call', {}, { roots: {}, sampling: {}, elicitation: {} }, 'tools/call'],
  ])('%s with %j is not asked of a client that declared %j', (method, params, capabilities, refused) => {
    expect(read(JSON.stringify({ q: { method, params } }), capabilities)).toEqual({ refused })
  })
})
