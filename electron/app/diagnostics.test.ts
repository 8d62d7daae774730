import { expect, test } from 'vitest'
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
  bridge: { build: 'Node', command: '/home/eve/.local/share/causeway/bin/causeway-bridge' },
  network: ['proxy: none'],
  home: '/home/eve',
}

test('says which build of the bridge clients start, and where it is, without the name of the person', () => {
  expect(toDiagnostics(facts).split('\n')).toContain('bridge: Node build, ~/.local/share/causeway/bin/causeway-bridge')
})
