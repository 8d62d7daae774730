import { expect, test } from 'vitest'
import { Problem } from '../../shared/problems.ts'
import { type Facts, toDiagnostics } from './diagnostics.ts'

const facts: Facts = {
  app: {
    product: 'Causeway',
    version: '1.2.3',
    mode: 'headless',
    dataFolder: '/home/eve/.local/share/causeway',
    company: null,
    problem: null,
  } as Facts['app'],
  auth: { state: 'signed-out' } as Facts['auth'],
  vault: { state: 'ready', backend: 'keychain', problem: null } as Facts['vault'],
  catalog: { servers: [], fetchedAt: null, problem: null } as unknown as Facts['catalog'],
  health: { overall: 'ok', servers: [] } as unknown as Facts['health'],
  clients: [],
  policy: { rows: [], sources: [], unknown: [] },
  bridge: { build: 'Node', command: '/home/eve/.local/share/causeway/bin/causeway-bridge' },
  network: ['proxy: none'],
  home: '/home/eve',
}

test('says which build of the bridge clients start, and where it is, without the name of the person', () => {
  expect(toDiagnostics(facts).split('\n')).toContain('bridge: Node build, ~/.local/share/causeway/bin/causeway-bridge')
})

test('says where IT decides, what is decided, and each thing that is wrong with it once, without values', () => {
  const source = '/etc/causeway/policy.json'
  const bad = new Problem('policy.key-invalid', `allowAdHoc in ${source}: expected boolean`).data
  const row = { title: '', value: 'https://secret.example', origin: 'mandatory' as const, source, locked: true }
  const policy = {
    rows: [
      { ...row, key: 'company', problem: null },
      { ...row, key: 'allowAdHoc', problem: bad },
    ],
    sources: [{ source, problem: null }],
    unknown: [new Problem('policy.key-unknown', `theme in ${source}`).data],
  }
  const text = toDiagnostics({ ...facts, policy })
  expect(text).toContain(
    [
      `policy: ${source}`,
      '  decided: company (mandatory), allowAdHoc (mandatory)',
      `  [policy.key-invalid] allowAdHoc in ${source}: expected boolean`,
      `  [policy.key-unknown] theme in ${source}`,
    ].join('\n'),
  )
  expect(text).not.toContain('secret.example')
  expect(toDiagnostics(facts)).toContain('policy: none')
})
