import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { formats } from '../formats.ts'
import type { EntryPlace, Field, Format, Table, Value } from './change.ts'
import { editEntry } from './edit-entry.ts'
import { tailOf } from './text.ts'

const first: Field[] = [
  { key: 'command', value: '/opt/causeway/causeway-bridge' },
  { key: 'args', value: ['github', '--client', 'x'] },
  { key: 'env', value: { CAUSEWAY_HOME: 'C:\\Users\\Zoë "Z"\\x' }, merged: true },
]
const second: Field[] = [
  { key: 'command', value: '/elsewhere: #1' },
  { key: 'args', value: [] },
  { key: 'env', value: { OTHER: 'yes' }, merged: true },
]

/** Adds the entry, changes it, takes it out knowing how the file ended; the file must be the one from before. */
function goRound(text: string, format: Format, place: EntryPlace) {
  const named = place.kind === 'list' ? [{ key: 'name', value: place.name }] : []
  const [fields, next] = [
    [...named, ...first],
    [...named, ...second],
  ]
  const target = { format, place }
  const tail = tailOf(text)
  const added = editEntry(text, target, { op: 'put', wanted: fields, previous: null, onDrift: 'report' })
  expect(added).toMatchObject({ result: 'written', added: true })
  if (added.result !== 'written') return null
  const removed = editEntry(added.text, target, { op: 'remove', previous: fields, onDrift: 'report', tail })
  expect(removed, added.text).toMatchObject({ result: 'written' })
  const updated = editEntry(added.text, target, { op: 'put', wanted: next, previous: fields, onDrift: 'report' })
  expect(updated, added.text).toMatchObject({ result: 'written', added: false })
  if (updated.result !== 'written' || removed.result !== 'written') return null
  const cleared = editEntry(updated.text, target, { op: 'remove', previous: next, onDrift: 'report', tail })
  expect(cleared, updated.text).toMatchObject({ result: 'written', text: removed.text })
  return removed.text
}

const runs = { numRuns: 100 }
const eols = fc.constantFrom('\n', '\r\n')
const names = fc
  .uniqueArray(
    fc.oneof(
      fc.constantFrom('docs', 'mcpServers', '__proto__', 'constructor', 'a b', 'x.y', 'é', '1', '"', '\\', '<<'),
      fc.string({ maxLength: 6 }),
    ),
    { minLength: 1, maxLength: 4 },
  )
  .map((all) => all.filter((name) => name !== 'github' && name !== 'servers'))
const scalars = fc.oneof(
  fc.string({ maxLength: 8 }),
  fc.constantFrom('// no comment', '# none', '/* none */', '{', ', ', ': ', 'yes', '12:30', '- a', 'C:\\x', 'ü\u2028'),
  fc.integer(),
  fc.boolean(),
)
const values: fc.Arbitrary<Value> = fc.letrec<{ value: Value }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    scalars,
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(fc.string({ maxLength: 4 }), tie('value'), { maxKeys: 3, noNullPrototype: true }),
  ),
})).value

describe('JSON', () => {
  type Noise = () => string
  /** Writes a value with anything a grammar allows between two tokens. */
  function write(value: Value, noise: Noise, comma: () => boolean): string {
    if (Array.isArray(value))
      return `[${list(
        value.map((item) => write(item, noise, comma)),
        noise,
        comma,
      )}]`
    if (typeof value !== 'object' || value === null) return JSON.stringify(value)
    const members = Object.entries(value).map(
      ([key, item]) => `${JSON.stringify(key)}${noise()}:${noise()}${write(item, noise, comma)}`,
    )
    return `{${list(members, noise, comma)}}`
  }
  const list = (items: string[], noise: Noise, comma: () => boolean) =>
    items.length === 0 ? '' : items.map((item) => noise() + item + noise()).join(',') + (comma() ? `,${noise()}` : '')

  const blank = fc.constantFrom('', '', ' ', '\n', '\n  ', '\n\n\t', '  \n', '\t')
  const comment = fc.constantFrom(' // c\n', '/* d */', '\n// "e": {\n', ' /* f\n */ ', '\n  /* g */\n')
  const dialects = [
    ['json', blank, false],
    ['json-comments', fc.oneof(blank, comment), false],
    ['jsonc', fc.oneof(blank, comment), true],
  ] as const

  test.each(dialects)('%s: remove after add gives the file back, however it is laid out', (name, gaps, trailing) => {
    fc.assert(
      fc.property(
        names,
        fc.array(values, { minLength: 4, maxLength: 4 }),
        fc.infiniteStream(gaps),
        fc.infiniteStream(fc.boolean()),
        eols,
        fc.boolean(),
        (keys, all, noise, commas, eol, empty) => {
          const others = Object.fromEntries(keys.map((key, index) => [key, all[index] ?? null]))
          const container = empty ? {} : others
          const pull = () => noise.next().value
          const text =
            `${pull()}${write({ ...others, servers: container, z: 1.5 }, pull, () => trailing && commas.next().value)}${pull()}`.replaceAll(
              '\n',
              eol,
            )
          expect(goRound(text, formats[name], { container: ['servers'], kind: 'map', name: 'github' })).toBe(text)
        },
      ),
      runs,
    )
  })

  test.each(dialects)('%s: without a container, only that stays behind', (name, gaps, trailing) => {
    fc.assert(
      fc.property(
        names,
        fc.array(values, { minLength: 4, maxLength: 4 }),
        fc.infiniteStream(gaps),
        (keys, all, noise) => {
          const pull = () => noise.next().value
          const others: Table = Object.fromEntries(keys.map((key, index) => [key, all[index] ?? null]))
          const text = pull() + write(others, pull, () => trailing) + pull()
          const left = goRound(text, formats[name], { container: ['servers'], kind: 'map', name: 'github' })
          expect(left).toMatch(/"servers": ?\{\}/)
        },
      ),
      runs,
    )
  })
})

describe('TOML', () => {
  const key = (name: string) => JSON.stringify(name).replaceAll('\u007f', '\\u007F')
  const value = (item: Value): string => {
    if (Array.isArray(item)) return `[ ${item.map(value).join(' , ')}]`
    if (typeof item === 'string') return key(item)
    if (typeof item === 'object' && item !== null)
      return `{ ${Object.entries(item)
        .map(([name, inner]) => `${key(name)} = ${value(inner)}`)
        .join(', ')} }`
    return String(item)
  }
  const clean = fc.string({ maxLength: 8 }).map((text) => text.replace(/[\ud800-\udfff]/g, ''))
  const lines = fc.constantFrom('', '# comment', '  # indented', '\t')
  const body = fc.array(
    fc.tuple(
      clean,
      fc.oneof(clean, fc.integer(), fc.array(clean, { maxLength: 2 })),
      fc.constantFrom('', ' # c'),
      fc.option(lines),
    ),
    { maxLength: 4 },
  )
  const table = fc.tuple(
    fc.constantFrom('mcp_servers.%', 'mcp_servers.%.env', '%', 'profiles.%', '[jobs.%]'),
    body,
    fc.array(lines, { maxLength: 3 }),
  )

  test('remove after add gives the file back, also the blank lines at its end', () => {
    fc.assert(
      fc.property(body, fc.array(table, { maxLength: 4 }), eols, fc.boolean(), (top, tables, eol, closed) => {
        const write = (pairs: typeof top) =>
          pairs.flatMap(([name, item, comment, line], index) => [
            `${key(`k${index}${name}`)} = ${value(item)}${comment}`,
            ...(line === null ? [] : [line]),
          ])
        const parts = tables.flatMap(([header, pairs, tail], index) => [
          `[${header.replace('%', `t${index}`)}]`,
          ...write(pairs),
          ...tail,
        ])
        const text = [...write(top), ...parts].join(eol) + (closed ? eol : '')
        if (text.trim() === '') return
        const left = goRound(text, formats.toml, { container: ['mcp_servers'], kind: 'map', name: 'github' })
        expect(left).toBe(text)
      }),
      runs,
    )
  })
})

describe('YAML', () => {
  const quoted = (text: string) =>
    JSON.stringify(text)
      .replaceAll('\u2028', '\\u2028')
      .replace(/[\u007f-\u009f]/g, '?')
  const word = fc.constantFrom(
    'a',
    'npx',
    '"q: #"',
    "'it''s'",
    'C:\\x',
    '12',
    'yes',
    '|\n@  # kept\n@  text',
    '>-\n@  folded\n\n@  more',
    '[a, "b"]',
    '{}',
    '{ k: v }',
    '',
    '&anchor v',
    '!tag x',
  )
  const noise = fc.constantFrom('', '', '', '# comment\n', '  # deep\n', '\n')
  const member = fc.tuple(fc.string({ maxLength: 5 }), word, fc.constantFrom('', ' # c'), noise)
  const server = fc.tuple(fc.array(member, { minLength: 1, maxLength: 3 }), fc.array(word, { maxLength: 2 }))

  function write(
    kind: 'map' | 'list',
    servers: [[string, string, string, string][], string[]][],
    step: string,
    list: string,
  ) {
    const indentOf = (word: string, indent: string) => word.replaceAll('@', indent)
    const canCarry = (word: string) => !/^[|>]/.test(word)
    const lines = (members: [string, string, string, string][], args: string[], indent: string) => [
      ...members.map(
        ([key, value, comment, before], index) =>
          `${before}${indent}${quoted(`${key}${index}`)}: ${indentOf(value, indent)}${canCarry(value) ? comment : ''}\n`,
      ),
      ...(args.length === 0
        ? []
        : [`${indent}args: # a\n`, ...args.map((arg) => `${indent}${list}- ${indentOf(arg, `${indent}${list}`)}\n`)]),
    ]
    if (kind === 'map')
      return servers
        .flatMap(([members, args], index) => [`${step}s${index}:\n`, ...lines(members, args, step + step)])
        .join('')
    return servers
      .map(([members, args]) => {
        const [first = '', ...rest] = lines(
          members.map(([k, v, c]) => [k, v, c, '']),
          args,
          `${list}  `,
        )
        return [`${list}- ${first.slice(list.length + 2)}`, ...rest].join('')
      })
      .join('')
  }

  test.each(['map', 'list'] as const)('%s: remove after add gives the file back', (kind) => {
    fc.assert(
      fc.property(
        fc.array(server, { maxLength: 3 }),
        fc.constantFrom('  ', '    ', ' '),
        fc.constantFrom('', '  '),
        noise,
        noise,
        fc.boolean(),
        fc.constantFrom('\n', '', '\n\n  \n'),
        eols,
        (servers, step, list, before, after, last, end, eol) => {
          const empty = kind === 'map' ? ' {}' : ' []'
          const inside = write(kind, servers, step, list)
          const whole =
            `${before}name: x\nservers:${servers.length === 0 ? `${empty} # none` : ''}\n${inside}${after}${last ? '' : 'tail: [1, 2] # t\n# end\n'}`.replaceAll(
              '\n',
              eol,
            )
          const text = whole.slice(0, whole.length - tailOf(whole).length) + end.replaceAll('\n', eol)
          expect(goRound(text, formats.yaml, { container: ['servers'], kind, name: 'github' })).toBe(text)
        },
      ),
      runs,
    )
  })
})
