import fc from 'fast-check'
import { expect, test, vi } from 'vitest'
import { isJsonText } from './json-check.ts'

const isJson = (text: string) => isJsonText(Buffer.from(text))
const parses = (text: string) => {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

test('agrees with JSON.parse on every JSON value', () => {
  fc.assert(fc.property(fc.json(), (text) => isJson(text)))
  fc.assert(fc.property(fc.jsonValue(), (value) => isJson(JSON.stringify(value, null, 2))))
})

test('agrees with JSON.parse on texts that are nearly JSON', () => {
  const pieces = [
    '{',
    '}',
    '[',
    ']',
    ',',
    ':',
    '"a"',
    '"',
    '\\',
    '1',
    '-',
    '0',
    '.',
    'e',
    'E+',
    'true',
    'nul',
    'null',
    ' ',
    '\n',
    '\t',
    '\u0001',
  ]
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...pieces), { maxLength: 8 }), (parts) => {
      const text = parts.join('')
      expect(isJson(text)).toBe(parses(text))
    }),
    { numRuns: 5000 },
  )
})

test.each([
  '01',
  '1.',
  '.5',
  '+1',
  '1e',
  '"\\x"',
  '"\\u12g4"',
  '"\n"',
  '[1,]',
  '{"a":1,}',
  '{a:1}',
  "{'a':1}",
  '',
  ' ',
  '{} {}',
  'NaN',
])('refuses %j', (text) => {
  expect(isJson(text)).toBe(false)
})

test('depth costs no stack', () => {
  expect(isJson('['.repeat(200_000) + ']'.repeat(200_000))).toBe(true)
  expect(isJson(`${'{"a":'.repeat(200_000)}1${'}'.repeat(200_000)}`)).toBe(true)
  expect(isJson('['.repeat(200_000))).toBe(false)
})

test('lone surrogates, huge numbers and __proto__ are only text', () => {
  expect(isJson('{"__proto__":"\\ud800","n":1e400,"b":123456789012345678901234567890}')).toBe(true)
})

test('in long strings each byte counts, wherever it stands and however the text lies in memory', () => {
  const fill = 'é'.repeat(3) + 'x'.repeat(60)
  for (const [special, isFine] of [
    ['"', false],
    ['\\', false],
    ['\\n', true],
    ['\u001f', false],
    ['\u0000', false],
    [' ', true],
    ['\u007f', true],
    ['\u00ff', true],
  ] as const) {
    for (let at = 6; at < 40; at += 1) {
      const text = `["${fill.slice(0, at)}${special}${fill.slice(at)}a"]`
      for (let shift = 0; shift < 4; shift += 1) {
        const bytes = Buffer.from(' '.repeat(shift) + text).subarray(shift)
        expect([special, at, shift, isJsonText(bytes)]).toEqual([special, at, shift, isFine])
      }
    }
  }
})

test('in strings of many kilobytes each byte counts, too, and so does what stands behind them', () => {
  const long = 'x'.repeat(5000)
  const specials = ['"', '\\', '\\n', '\\x', '\u001f', '\n', '\\"', '\u00ff', '']
  for (const special of specials) {
    for (let at = 4080; at < 4140; at += 1) {
      const text = `["${long}", "${long.slice(0, at)}${special}${long}", "\\t${long}\\"", "${long}"]`
      expect([special, at, isJson(text)]).toEqual([special, at, parses(text)])
    }
  }
})

test('a long text full of escapes is not searched for its next quote over and over, nor one of strings for escapes', () => {
  const long = 'x'.repeat(4400)
  for (const [text, byte] of [
    [`["${`${long}\\n`.repeat(200)}"]`, 0x22],
    [JSON.stringify(Array.from({ length: 200 }, () => long)), 0x5c],
  ] as const) {
    const bytes = Buffer.from(text)
    const indexOf = vi.spyOn(bytes, 'indexOf')
    expect(isJsonText(bytes)).toBe(true)
    expect(indexOf.mock.calls.filter(([sought]) => sought === byte)).toHaveLength(1)
  }
})
