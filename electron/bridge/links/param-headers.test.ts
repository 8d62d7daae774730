import { describe, expect, test } from 'vitest'
import { modernHeaders } from './modern-headers.ts'
import { readMirroredParams, toHeaderText, toParamText } from './param-headers.ts'

const string = (header: unknown) => ({ type: 'string', 'x-mcp-header': header })
const object = (properties: Record<string, unknown>) => ({ type: 'object', properties })

describe('edge 35, values as headers: the examples of the specification', () => {
  test.each([
    ['us-west1', 'us-west1'],
    ['Hello, 世界', '=?base64?SGVsbG8sIOS4lueVjA==?='],
    [' padded ', '=?base64?IHBhZGRlZCA=?='],
    ['line1\nline2', '=?base64?bGluZTEKbGluZTI=?='],
    ['=?base64?literal?=', '=?base64?PT9iYXNlNjQ/bGl0ZXJhbD89?='],
    ['', '=?base64??='],
    ['a\tb', 'a\tb'],
    ['\u0000', '=?base64?AA==?='],
    ['=?base64?open', '=?base64?open'],
  ])('%j becomes %s', (value, expected) => {
    expect(toHeaderText(value)).toBe(expected)
  })
  test.each([
    ['42', '42'],
    ['-7', '-7'],
    ['42.0', '42'],
    ['1e3', '1000'],
    ['true', 'true'],
    ['false', 'false'],
    ['"a\\u0062"', 'ab'],
    ['9007199254740993', null],
    ['1e400', null],
    ['null', null],
    ['{}', null],
    ['[]', null],
  ])('the JSON %s says %s', (json, expected) => {
    expect(toParamText(json)).toBe(expected)
  })
})

describe('edge 35, marks in a schema', () => {
  test('nested properties are found with their whole path', () => {
    const schema = object({
      region: string('Region'),
      where: object({ tenant: { type: 'integer', 'x-mcp-header': 'Tenant' } }),
    })
    expect(readMirroredParams(schema)).toEqual({
      params: [
        { path: ['region'], header: 'mcp-param-region' },
        { path: ['where', 'tenant'], header: 'mcp-param-tenant' },
      ],
    })
  })
  test('a parameter that is itself called x-mcp-header is no mark', () => {
    expect(readMirroredParams(object({ 'x-mcp-header': { type: 'string' } }))).toEqual({ params: [] })
  })
  test.each([
    ['an empty name', object({ a: string('') })],
    ['a name with a space', object({ a: string('A B') })],
    ['a name with a line break', object({ a: string('A\r\nB') })],
    ['a name that is no text', object({ a: string(7) })],
    ['one name twice, in two cases', object({ a: string('Region'), b: string('REGION') })],
    ['a number', object({ a: { type: 'number', 'x-mcp-header': 'A' } })],
    ['an object', object({ a: { type: 'object', 'x-mcp-header': 'A' } })],
    ['no type', object({ a: { 'x-mcp-header': 'A' } })],
    ['the root', { ...object({}), 'x-mcp-header': 'A' }],
    ['a list', object({ a: { type: 'array', items: string('A') } })],
    ['a choice', object({ a: { oneOf: [string('A')] } })],
    ['a choice inside a property', { allOf: [object({ a: string('A') })] }],
    ['a condition', { if: object({ a: string('A') }) }],
    ['a definition', { ...object({ a: { $ref: '#/$defs/a' } }), $defs: { a: string('A') } }],
    ['other properties', { additionalProperties: string('A') }],
  ])('%s makes the tool invalid', (_, schema) => {
    expect(readMirroredParams(schema)).toHaveProperty('why')
  })
  test.each([null, undefined, true, 'text', [], 7])('a schema that is %j marks nothing', (schema) => {
    expect(readMirroredParams(schema)).toEqual({ params: [] })
  })
})

describe('edge 36, headers say what the bytes say', () => {
  const params = [
    { path: ['a', 'b'], header: 'mcp-param-b' },
    { path: ['n'], header: 'mcp-param-n' },
    { path: ['gone'], header: 'mcp-param-gone' },
    { path: ['nothing'], header: 'mcp-param-nothing' },
  ]
  test('of a call: its name, its mirrored arguments, nothing for null or absent', () => {
    const line =
      '{"params":{"arguments":{"a":{"b":"\\u00e9"},"n":1.0,"nothing":null},"n\\u0061me":"t"},"method":"tools/call"}'
    expect(modernHeaders(Buffer.from(line), 'tools/call', '2026-07-28', params)).toEqual({
      'mcp-protocol-version': '2026-07-28',
      'mcp-method': 'tools/call',
      'mcp-name': 't',
      'mcp-param-b': '=?base64?w6k=?=',
      'mcp-param-n': '1',
    })
  })
  test.each([
    ['resources/read', 'uri'],
    ['prompts/get', 'name'],
    ['tasks/get', 'taskId'],
  ])('%s is named by %s', (method, member) => {
    const line = Buffer.from(JSON.stringify({ method, params: { [member]: 'file:///ä' } }))
    expect(modernHeaders(line, method, '2026-07-28', [])['mcp-name']).toBe('=?base64?ZmlsZTovLy/DpA==?=')
  })
  test('a method outside the table has no name, whatever it is called', () => {
    const line = Buffer.from('{"params":{"name":"x"}}')
    for (const method of ['tools/list', 'constructor', '__proto__'])
      expect(modernHeaders(line, method, '2026-07-28', [])).not.toHaveProperty('mcp-name')
  })
})
