import { describe, expect, test } from 'vitest'
import { elements } from '../json-walk.ts'
import { addMembers, applyEdits, cutOut, membersAt } from './json-edit.ts'

const cutKeys = (text: string, ...keys: string[]) => {
  const bytes = Buffer.from(text)
  return applyEdits(
    bytes,
    cutOut(membersAt(bytes, 0), ({ key }) => keys.includes(key)),
  ).toString()
}

describe('members leave with the comma that belongs to them', () => {
  test.each([
    ['{"a":1,"b":2,"c":3}', ['a'], '{"b":2,"c":3}'],
    ['{"a":1,"b":2,"c":3}', ['b'], '{"a":1,"c":3}'],
    ['{"a":1,"b":2,"c":3}', ['c'], '{"a":1,"b":2}'],
    ['{"a":1,"b":2,"c":3}', ['b', 'c'], '{"a":1}'],
    ['{"a":1,"b":2,"c":3}', ['a', 'c'], '{"b":2}'],
    ['{ "a" : 1 , "b" : 2 }', ['a', 'b'], '{  }'],
    ['{"a":1,"a":2,"b":3}', ['a'], '{"b":3}'],
    ['{"\\u0061":1,"b":2}', ['a'], '{"b":2}'],
    ['{}', ['a'], '{}'],
  ])('%s without %j', (text, keys, expected) => {
    expect(cutKeys(text, ...keys)).toBe(expected)
  })
})

test('what stays is not touched: big numbers, odd keys, lone surrogates', () => {
  const text = '{"cut":{"a":[1,{"b":"}"}]},"n":12345678901234567890.10,"__proto__":{"x":"\\ud800"},"e":1e400}'
  expect(cutKeys(text, 'cut')).toBe(text.replace('"cut":{"a":[1,{"b":"}"}]},', ''))
})

test('elements leave an array likewise', () => {
  const bytes = Buffer.from('[ {"n":1} , {"n":2} , {"n":3} ]')
  const spans = elements(bytes, 0) ?? []
  const without = (...cut: number[]) =>
    applyEdits(
      bytes,
      cutOut(spans, (span) => cut.includes(spans.indexOf(span))),
    ).toString()
  expect(JSON.parse(without(0))).toEqual([{ n: 2 }, { n: 3 }])
  expect(JSON.parse(without(1))).toEqual([{ n: 1 }, { n: 3 }])
  expect(JSON.parse(without(1, 2))).toEqual([{ n: 1 }])
  expect(JSON.parse(without(0, 1, 2))).toEqual([])
})

test('members are added in front, with a comma only where others follow', () => {
  const add = (text: string, rest: number) => {
    const bytes = Buffer.from(text)
    return applyEdits(bytes, addMembers(bytes, 0, ['"x":1', '"y":2'], rest)).toString()
  }
  expect(add('{}', 0)).toBe('{"x":1,"y":2}')
  expect(add('{"a":3}', 1)).toBe('{"x":1,"y":2,"a":3}')
})
