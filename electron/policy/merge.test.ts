import { expect, test } from 'vitest'
import type { PolicyValues } from './keys.ts'
import { merge } from './merge.ts'
import type { Reading, Table } from './reading.ts'

type Said = { mandatory?: Table; recommended?: Table; asText?: boolean; scope?: Reading['scope']; source?: string }

const says = ({
  mandatory = {},
  recommended = {},
  asText = false,
  scope = 'device',
  source = 'it',
}: Said): Reading => ({
  ...{ source, scope, asText },
  tables: { mandatory, recommended },
})
const refused: Reading = { source: 'it', scope: 'device', refused: 'it is a link' }

type Given = {
  readings?: Reading[]
  person?: Partial<PolicyValues>
  company?: Partial<PolicyValues>
  untrusted?: [string, string][]
}
function settle(key: string, { readings = [], person = {}, company = {}, untrusted = [] }: Given) {
  const row = merge({ readings, person, company, untrusted: new Map(untrusted) }).find((one) => one.key === key)
  return row && [row.value, row.origin, row.locked, row.problem?.code ?? null]
}

test.each<[string, string, Given, unknown[]]>([
  ['nobody says anything', 'activityDays', {}, [30, 'default', false, null]],
  ['the person chose', 'activityDays', { person: { activityDays: 7 } }, [7, 'person', false, null]],
  [
    'IT suggests, and the person chose nothing',
    'activityDays',
    { readings: [says({ recommended: { activityDays: 90 } })] },
    [90, 'recommended', false, null],
  ],
  [
    'IT suggests, and the person chose',
    'activityDays',
    { readings: [says({ recommended: { activityDays: 90 } })], person: { activityDays: 7 } },
    [7, 'person', false, null],
  ],
  [
    'IT decides',
    'activityDays',
    { readings: [says({ mandatory: { activityDays: 90 } })], person: { activityDays: 7 } },
    [90, 'mandatory', true, null],
  ],
  [
    'the company’s document says so',
    'requireKeychain',
    { company: { requireKeychain: true } },
    [true, 'company', true, null],
  ],
  [
    'IT goes before the company’s document',
    'requireKeychain',
    { company: { requireKeychain: true }, readings: [says({ mandatory: { requireKeychain: false } })] },
    [false, 'mandatory', true, null],
  ],
  [
    'the first place goes before the second',
    'activityDays',
    { readings: [says({ mandatory: { activityDays: 1 } }), says({ mandatory: { activityDays: 2 } })] },
    [1, 'mandatory', true, null],
  ],
  [
    'a name in other letters is the same name',
    'allowAdHoc',
    { readings: [says({ mandatory: { AllowAdhoc: false } })] },
    [false, 'mandatory', true, null],
  ],
  [
    'policy for one person does not count by itself',
    'allowAdHoc',
    { readings: [says({ scope: 'user', mandatory: { allowAdHoc: false, allowUserPolicy: true } })] },
    [true, 'default', false, null],
  ],
  [
    'policy for one person counts where the computer’s says so',
    'allowAdHoc',
    {
      readings: [
        says({ mandatory: { allowUserPolicy: true } }),
        says({ scope: 'user', mandatory: { allowAdHoc: false } }),
      ],
    },
    [false, 'mandatory', true, null],
  ],
  [
    'the computer’s policy goes before one for a person',
    'allowAdHoc',
    {
      readings: [
        says({ mandatory: { allowUserPolicy: true, allowAdHoc: true } }),
        says({ scope: 'user', mandatory: { allowAdHoc: false } }),
      ],
    },
    [true, 'mandatory', true, null],
  ],
])('%s', (_, key, given, expected) => expect(settle(key, given)).toEqual(expected))

test.each([
  ['allowAdHoc', 'maybe', false],
  ['allowAdHoc', null, false],
  ['requireKeychain', 'no', true],
  ['company', 'http://mcp.example.com', null],
  ['company', 'https://ana:pw@mcp.example.com', null],
  ['caFiles', 'root.pem', []],
])('a limit that cannot be read holds at its strictest: %s %j', (key, bad, strictest) => {
  const readings = [says({ mandatory: { [key]: bad } })]
  const person = { allowAdHoc: true, company: 'https://other.example', caFiles: ['/mine.pem'] }
  expect(settle(key, { readings, person })).toEqual([strictest, 'mandatory', true, 'policy.key-invalid'])
})

test('a limit that stands there twice, in two spellings, is one that cannot be read', () => {
  const readings = [says({ mandatory: { allowAdHoc: true, AllowAdHoc: true } })]
  expect(settle('allowAdHoc', { readings })).toEqual([false, 'mandatory', true, 'policy.key-invalid'])
})

test.each([
  ['activityDays', 9999],
  ['proxy', { mode: 'fixed', url: 'http://ana:hunter2@proxy.example.com' }],
  ['repairApps', 'always'],
])('a convenience that cannot be read counts as not said, and is named: %s', (key, bad) => {
  const person = { activityDays: 7 }
  const fine = settle(key, { person })
  const row = settle(key, { readings: [says({ mandatory: { [key]: bad } })], person })
  expect(row).toEqual([...(fine?.slice(0, 3) ?? []), 'policy.key-invalid'])
})

test('the sentence about a bad key names key, place and reason, and not its value', () => {
  const readings = [says({ source: '/etc/x.json', mandatory: { proxy: { mode: 'fixed', url: 'http://a:hunter2@b' } } })]
  const rows = merge({ readings, person: {}, company: {}, untrusted: new Map() })
  const detail = rows.find(({ key }) => key === 'proxy')?.problem?.detail
  expect(detail).toMatch(/^proxy in \/etc\/x\.json: url: /)
  expect(JSON.stringify(rows)).not.toContain('hunter2')
})

test('a bad suggestion limits nobody', () => {
  const readings = [says({ recommended: { allowAdHoc: 'maybe' } })]
  expect(settle('allowAdHoc', { readings })).toEqual([true, 'default', false, 'policy.key-invalid'])
})

test('a place that cannot be believed holds every limit at its strictest, and leaves conveniences to the person', () => {
  const person = { allowAdHoc: true, activityDays: 7, company: 'https://other.example' }
  const given = { readings: [refused], person }
  expect(settle('allowAdHoc', given)).toEqual([false, 'mandatory', true, 'policy.unreadable'])
  expect(settle('requireKeychain', given)).toEqual([true, 'mandatory', true, 'policy.unreadable'])
  expect(settle('company', given)).toEqual([null, 'mandatory', true, 'policy.unreadable'])
  expect(settle('activityDays', given)).toEqual([7, 'person', false, 'policy.unreadable'])
})

test('a refused place does not undo what one before it decides', () => {
  const readings = [says({ mandatory: { allowAdHoc: true } }), refused]
  expect(settle('allowAdHoc', { readings })).toEqual([true, 'mandatory', true, null])
})

test('certificates that others could change are left out and named', () => {
  const readings = [says({ mandatory: { caFiles: ['/etc/a.pem', '/home/ana/b.pem'] } })]
  const untrusted: [string, string][] = [['/home/ana/b.pem', 'it belongs to user 1000']]
  expect(settle('caFiles', { readings, untrusted })).toEqual([
    ['/etc/a.pem'],
    'mandatory',
    true,
    'policy.file-untrusted',
  ])
})

test.each([
  ['allowAdHoc', 0, false],
  ['allowAdHoc', '0', false],
  ['allowAdHoc', 'False', false],
  ['activityDays', '90', 90],
  ['caFiles', '["/etc/a.pem"]', ['/etc/a.pem']],
  ['company', 'https://mcp.example.com', 'https://mcp.example.com'],
  ['proxy', '{"mode":"none"}', { mode: 'none' }],
  ['answerMb', 'null', null],
])('management tools write everything as text or numbers: %s %j', (key, written, value) => {
  const spelled = (asText: boolean) => settle(key, { readings: [says({ asText, mandatory: { [key]: written } })] })
  expect(spelled(true)).toEqual([value, 'mandatory', true, null])
  if (written !== value) expect(spelled(false)?.[3]).toBe('policy.key-invalid')
})
