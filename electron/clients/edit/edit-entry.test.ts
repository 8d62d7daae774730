import { expect, test } from 'vitest'
import { type FormatName, formats } from '../formats.ts'
import type { EntryPlace, Field, Format } from './change.ts'
import { editEntry } from './edit-entry.ts'

const ours = (command: string, args: string[] = [], env: Record<string, string> = {}): Field[] => [
  { key: 'command', value: command },
  { key: 'args', value: args },
  ...(Object.keys(env).length === 0 ? [] : [{ key: 'env', value: env, merged: true }]),
]
const map: EntryPlace = { container: ['servers'], kind: 'map', name: 'x' }
const list: EntryPlace = { ...map, kind: 'list' }
type Wish = { wanted?: Field[]; previous?: Field[]; onDrift?: 'report' | 'overwrite'; place?: EntryPlace }

/** Adds, updates or (without `wanted`) removes; gives the new text, or the outcome when nothing is written. */
function edit(format: FormatName | Format, text: string, { wanted, previous, onDrift = 'report', place = map }: Wish) {
  const target = { format: typeof format === 'string' ? formats[format] : format, place }
  const before = previous ?? null
  const outcome = wanted
    ? editEntry(text, target, { op: 'put', wanted, previous: before, onDrift })
    : editEntry(text, target, { op: 'remove', previous: before, onDrift })
  return outcome.result === 'written' ? outcome.text : outcome
}
const a = ours('a', ['1'])
const lines = (...all: string[]) => `${all.join('\n')}\n`

test.each<[string, FormatName, string, Wish, string]>([
  [
    'a one-line file stays on one line',
    'json',
    '{"servers":{}}',
    { wanted: a },
    '{"servers":{"x":{"command":"a","args":["1"]}}}',
  ],
  [
    'a one-line object keeps its blanks',
    'json',
    '{\n  "servers": {"y": {}}\n}',
    { wanted: a },
    '{\n  "servers": {"y": {}, "x": {"command": "a", "args": ["1"]}}\n}',
  ],
  ['an empty object of one line', 'json', '{}', { wanted: ours('a') }, '{"servers":{"x":{"command":"a","args":[]}}}'],
  [
    'CRLF stays CRLF',
    'json',
    '{\r\n  "servers": {}\r\n}\r\n',
    { wanted: ours('a') },
    '{\r\n  "servers": {\r\n    "x": {\r\n      "command": "a",\r\n      "args": []\r\n    }\r\n  }\r\n}\r\n',
  ],
  [
    'comments of an empty object stay in front',
    'jsonc',
    lines('{', '  "servers": {', '    // none yet', '  }', '}'),
    { wanted: ours('a') },
    lines(
      '{',
      '  "servers": {',
      '    // none yet',
      '    "x": {',
      '      "command": "a",',
      '      "args": []',
      '    }',
      '  }',
      '}',
    ),
  ],
  [
    'a closing brace is not pulled into a comment',
    'jsonc',
    '{ "servers": { "y": 1, // why\n  "x": {"command": "a", "args": ["1"]} } }',
    { previous: a },
    '{ "servers": { "y": 1 // why\n  } }',
  ],
  [
    'a comment beside a removed entry stays',
    'jsonc',
    lines('{"servers": {', '  "x": {"command": "a", "args": ["1"]}, // mine', '  "y": 1', '}}'),
    { previous: a },
    lines('{"servers": {', '  // mine', '  "y": 1', '}}'),
  ],
  [
    'commas in front of members',
    'json',
    lines('{ "servers":', '  { "y": 1', '  , "x": {"command": "a", "args": ["1"]}', '  }', '}'),
    { previous: a },
    lines('{ "servers":', '  { "y": 1', '  }', '}'),
  ],
  [
    'a spelling with escapes is the same name',
    'json',
    '{"servers":{"\\u0078":{"command":"a","args":["1"]}}}',
    { wanted: ours('b', ['1']), previous: a },
    '{"servers":{"\\u0078":{"command":"b","args":["1"]}}}',
  ],
  [
    'only the changed field of a one-line entry is replaced, on that line',
    'json',
    '{\n  "servers": { "x": { "args": ["1"], "command": "a", "own": 1 } }\n}',
    { wanted: ours('a', ['1', '2']), previous: a },
    '{\n  "servers": { "x": { "args": ["1", "2"], "command": "a", "own": 1 } }\n}',
  ],
  [
    'a variable that is no longer wanted goes, the person’s own stays',
    'json',
    '{"servers":{"x":{"command":"a","args":[],"env":{"A":"1","MINE":"2","B":"3"}}}}',
    { wanted: ours('a', [], { B: '4', C: '5' }), previous: ours('a', [], { A: '1', B: '3' }) },
    '{"servers":{"x":{"command":"a","args":[],"env":{"MINE":"2","B":"4","C":"5"}}}}',
  ],
  [
    'what is not even an object is replaced as a whole when a person says so',
    'json',
    '{"servers":{"x":null}}',
    { wanted: a, previous: a, onDrift: 'overwrite' },
    '{"servers":{"x":{"command":"a","args":["1"]}}}',
  ],
  [
    'TOML: no newline at the end',
    'toml',
    'm = 1',
    { wanted: a },
    'm = 1\n\n[servers.x]\ncommand = "a"\nargs = ["1"]\n',
  ],
  [
    'TOML: the environment in a table of its own is edited there',
    'toml',
    lines('[servers.x]', 'command = "a"', 'args = []', '', '[servers.x.env]', 'A = "1" # a', 'MINE = "2"', '', '[z]'),
    { wanted: ours('a', [], { B: '3' }), previous: ours('a', [], { A: '1' }) },
    lines(
      '[servers.x]',
      'command = "a"',
      'args = []',
      '',
      '[servers.x.env]',
      '# a',
      'MINE = "2"',
      'B = "3"',
      '',
      '[z]',
    ),
  ],
  [
    'TOML: all tables of the entry go, with the blank lines behind each',
    'toml',
    lines(
      '[servers.x]',
      'command = "a"',
      'args = ["1"]',
      '',
      '[y]',
      'k = 1',
      '',
      '[servers.x.env]',
      'E = "1"',
      '',
      '',
      '# next',
      '[z]',
    ),
    { previous: a },
    lines('[y]', 'k = 1', '', '# next', '[z]'),
  ],
  [
    'TOML: an inline table of servers',
    'toml',
    'servers = { y = { command = "y" } }\n',
    { wanted: a },
    'servers = { y = { command = "y" }, x = { command = "a", args = ["1"] } }\n',
  ],
  [
    'TOML: an inline entry is changed on its line',
    'toml',
    lines('[servers]', 'x = { command = "a", args = ["1"] } # mine'),
    { wanted: ours('b', ['1'], { E: '1' }), previous: a },
    lines('[servers]', 'x = { command = "b", args = ["1"], env = { E = "1" } } # mine'),
  ],
  [
    'TOML: dotted keys',
    'toml',
    lines('servers.x.command = "a"', 'servers.x.args = ["1"]', 'servers.y.command = "y"'),
    { previous: a },
    lines('servers.y.command = "y"'),
  ],
  [
    'TOML: a dotted entry gets its new field beside the others',
    'toml',
    lines('[servers]', 'x.command = "a"', 'x.args = ["1"]', 'y.command = "y"'),
    { wanted: ours('a', ['1'], { E: '1' }), previous: a },
    lines('[servers]', 'x.command = "a"', 'x.args = ["1"]', 'x.env = { E = "1" }', 'y.command = "y"'),
  ],
  [
    'TOML: a name that needs quotes',
    'toml',
    'm = 1\n',
    { wanted: ours('a'), place: { ...map, name: 'a b' } },
    'm = 1\n\n[servers."a b"]\ncommand = "a"\nargs = []\n',
  ],
  [
    'YAML: an emptied container',
    'yaml',
    lines('servers: # mine', '  x:', '    command: a', '    args:', '      - "1"', 'z: 1'),
    { previous: a },
    lines('servers: {} # mine', 'z: 1'),
  ],
  [
    'YAML: values that look like something else are quoted',
    'yaml',
    'servers: {}\n',
    { wanted: ours('C:\\x y', ['yes', '12:30', '# a', '', '-y', '1', 'a: b', 'é']) },
    lines(
      'servers:',
      '  x:',
      '    command: C:\\x y',
      '    args:',
      ...['"yes"', '"12:30"', '"# a"', '""', '-y', '"1"', '"a: b"', 'é'].map((item) => `      - ${item}`),
    ),
  ],
  [
    'YAML: a flow map of servers',
    'yaml',
    'servers: {y: {command: y}} # c\n',
    { wanted: a },
    'servers: {y: {command: y}, x: {command: a, args: ["1"]}} # c\n',
  ],
  [
    'YAML: flow values inside an entry stay flow',
    'yaml',
    lines('servers:', '  x: {command: a, args: ["1"], own: 1}'),
    { wanted: ours('b', ['2', '3']), previous: a },
    lines('servers:', '  x: {command: b, args: ["2", "3"], own: 1}'),
  ],
  [
    'YAML: an empty value as the last thing of the file',
    'yaml',
    lines('servers:', '  y:', '    env:'),
    { wanted: ours('a') },
    lines('servers:', '  y:', '    env:', '  x:', '    command: a', '    args: []'),
  ],
  [
    'YAML: an empty value with a comment below',
    'yaml',
    lines('servers:', '  y:', '', '  # c', 'z: 1'),
    { wanted: ours('a') },
    lines('servers:', '  y:', '  x:', '    command: a', '    args: []', '', '  # c', 'z: 1'),
  ],
  [
    'YAML: fields that were emptied are filled again',
    'yaml',
    lines('servers:', '  x:', '    command: # c', '    args:', '    own: |', '      text'),
    { wanted: ours('b', ['1']), previous: a, onDrift: 'overwrite' },
    lines('servers:', '  x:', '    command: b # c', '    args:', '      - "1"', '    own: |', '      text'),
  ],
  [
    'YAML: a list that was emptied, a list that fills, a variable that goes',
    'yaml',
    lines(
      'servers:',
      '  x:',
      '    command: a',
      '    args: # why',
      '    - "1"',
      '    env:',
      '      A: "1"',
      '    own: 1',
    ),
    { wanted: ours('a', [], { B: '2' }), previous: ours('a', ['1'], { A: '1' }) },
    lines('servers:', '  x:', '    command: a', '    args: [] # why', '    env:', '      B: "2"', '    own: 1'),
  ],
  [
    'YAML: nothing but a comment',
    'yaml',
    '# mine\n',
    { wanted: ours('a') },
    lines('# mine', 'servers:', '  x:', '    command: a', '    args: []'),
  ],
  [
    'YAML: a list with wide dashes',
    'yaml',
    lines('servers:', '    -   name: y', '        command: y'),
    { wanted: [{ key: 'name', value: 'x' }, ...ours('a')], place: list },
    lines(
      'servers:',
      '    -   name: y',
      '        command: y',
      '    -   name: x',
      '        command: a',
      '        args: []',
    ),
  ],
  [
    'YAML: the last item of a list',
    'yaml',
    lines('servers:', '- name: x', '  command: a', '  args: []', '# end'),
    { previous: ours('a'), place: list },
    lines('servers: []', '# end'),
  ],
])('%s', (_, format, before, wish, after) => {
  expect(edit(format, before, wish)).toBe(after)
})

test.each<[string, FormatName, string, string]>([
  ['two YAML documents', 'yaml', 'a: 1\n---\nb: 2\n', 'several-documents'],
  [
    'an alias bomb',
    'yaml',
    `a: &a [1,1,1,1,1,1,1,1,1]\n${'bcdefg'.replace(/./g, (k, i: number) => `${k}: &${k} [${`*${'abcdefg'[i]},`.repeat(9)}]\n`)}`,
    'unsupported-layout',
  ],
  ['a YAML list as root', 'yaml', '- a\n', 'root-not-object'],
  ['tabs as YAML indent', 'yaml', 'a:\n\tb: 1\n', 'invalid-syntax'],
  ['a YAML container twice', 'yaml', 'servers: {}\nservers: {}\n', 'duplicate-key'],
  ['an empty YAML container', 'yaml', 'servers:\n', 'container-not-object'],
  ['a YAML name twice', 'yaml', 'servers:\n  x: {}\n  "x": {}\n', 'duplicate-key'],
  ['a TOML key twice', 'toml', 'a = 1\na = 2\n', 'duplicate-key'],
  ['a TOML container that is a list', 'toml', '[[servers]]\na = 1\n', 'container-not-object'],
  ['broken TOML', 'toml', 'a = \n', 'invalid-syntax'],
  ['a comment in strict JSON', 'json', '{ // c\n}', 'invalid-syntax'],
  ['a trailing comma for a client that fails on it', 'json-comments', '{ "a": 1, // c\n}', 'invalid-syntax'],
  ['a line break inside a string', 'jsonc', '{ "a": "\n" }', 'invalid-syntax'],
])('refuses %s', (_, format, before, reason) => {
  expect(edit(format, before, { wanted: a })).toMatchObject({ result: 'refused', reason })
})

test('duplicates elsewhere are left alone', () => {
  expect(edit('json', '{"a":1,"a":2,"servers":{}}', { wanted: ours('a') })).toBe(
    '{"a":1,"a":2,"servers":{"x":{"command":"a","args":[]}}}',
  )
  expect(edit('yaml', 'a: 1\na: 2\nservers: {}\n', { wanted: ours('a') })).toContain('a: 1\na: 2\n')
})

test('an entry that others lean on cannot be taken out', () => {
  const text = lines('servers:', '  x: &base', '    command: a', '    args: ["1"]', '  y: *base')
  expect(edit('yaml', text, { previous: a })).toMatchObject({ result: 'refused' })
})

test('an edit that would touch more than our entry is refused, whatever made it so', () => {
  const broken = (spoil: (text: string) => string): Format => ({
    ...formats.jsonc,
    parse: (text, place) => {
      const parsed = formats.jsonc.parse(text, place)
      return { ...parsed, add: (fields) => spoil(parsed.add(fields)) }
    },
  })
  const before = '{ "n": 0.30000000000000004, /* c */ "servers": {} }'
  const refused = { result: 'refused', reason: 'unsafe-edit' }
  expect(
    edit(
      broken((text) => text),
      before,
      { wanted: a },
    ),
  ).toContain('"x"')
  expect(
    edit(
      broken((text) => text.replace('0.30000000000000004', '0.3')),
      before,
      { wanted: a },
    ),
  ).toMatchObject(refused)
  expect(
    edit(
      broken((text) => text.replace('/* c */', '')),
      before,
      { wanted: a },
    ),
  ).toMatchObject(refused)
  expect(
    edit(
      broken((text) => text.replace('"1"', '"2"')),
      before,
      { wanted: a },
    ),
  ).toMatchObject(refused)
  expect(
    edit(
      broken((text) => text.slice(1)),
      before,
      { wanted: a },
    ),
  ).toMatchObject(refused)
})
