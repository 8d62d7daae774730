import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ClientId, ServerId } from '../shared/ids.ts'
import { createClients } from './clients/clients.ts'
import { openFilesOnly } from './files-only.ts'
import { createMemoryLog } from './lib/log.ts'
import { createPaths } from './lib/paths.ts'

test('gives every file back with nothing but the files, once; the second time there is nothing to do', async () => {
  const home = mkdtempSync(join(tmpdir(), 'causeway-files-'))
  const env = { HOME: home, CAUSEWAY_HOME: join(home, 'state') }
  const paths = createPaths({ env, platform: 'linux' })
  const { log } = createMemoryLog()
  const before = '{ "mcpServers": { "mine": { "command": "x" } } }'
  mkdirSync(join(home, '.cursor'))
  writeFileSync(join(home, '.cursor', 'mcp.json'), before)
  try {
    const app = createClients({
      ...{ home, env, platform: 'linux', folder: paths.clients, version: '1.0.0', log, now: () => new Date() },
      servers: () => [{ id: ServerId.parse('github'), name: 'GitHub', description: '' }],
      serversChanged: () => () => {},
      entryFor: () => ({ command: '/opt/bridge', args: [], env: {} }),
      processes: async () => [],
      systemRoot: join(home, 'system'),
    })
    await app.apply({ client: ClientId.parse('cursor') })
    await app.apply({ client: ClientId.parse('zed') })
    await app.close()

    const files = openFilesOnly({ paths, env, platform: 'linux', version: '1.0.0', log })
    const given = await files.api.clients.restoreAll()
    expect(given.map(({ client, problem, left }) => [client, problem, left]).sort()).toEqual([
      ['cursor', null, []],
      ['zed', null, []],
    ])
    expect(readFileSync(join(home, '.cursor', 'mcp.json'), 'utf8')).toBe(before)
    expect(existsSync(join(home, '.config', 'zed'))).toBe(false)
    expect(await files.api.clients.restoreAll()).toEqual([])
    await expect(files.api.auth.snapshot()).rejects.toMatchObject({ code: 'ipc.bad-request' })
    await files.close()
  } finally {
    rmSync(home, { recursive: true, force: true })
  }
})
