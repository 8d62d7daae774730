import { expect, test, vi } from 'vitest'
import { CompanyDocument } from '../../shared/server-config.ts'
import { createApp } from './app.ts'

const document = CompanyDocument.parse({
  version: 1,
  name: 'Acme',
  sso: { issuer: 'https://sso.acme.example', clientId: 'causeway-desktop' },
  catalogUrl: 'https://acme.example/catalog.json',
})

function make(read = document) {
  const opened: string[] = []
  const quit = vi.fn()
  const app = createApp({
    version: '1.2.3',
    mode: 'headless',
    dataFolder: '/data',
    startedAt: new Date(0),
    company: () => ({ address: 'https://mcp.acme.example', document: read }),
    companyProblem: () => null,
    joinCompany: async () => {},
    knownPaths: async () => ['/home/ana/.cursor/mcp.json'],
    openPath: async (path) => opened.push(path) === 1,
    diagnostics: async () => '',
    openWindow: async () => ({ address: null }),
    quit,
  })
  return { app, opened, quit }
}

test('says which company, version and process it is', () => {
  expect(make().app.snapshot()).toMatchObject({
    version: '1.2.3',
    mode: 'headless',
    pid: process.pid,
    company: { name: 'Acme', address: 'https://mcp.acme.example', deviceCode: true },
  })
  const sso = { ...document.sso, deviceCodeFallback: false }
  expect(make({ ...document, sso }).app.snapshot().company?.deviceCode).toBe(false)
})

test('opens a file it has named, and no other', async () => {
  const { app, opened } = make()
  await app.openPath({ path: '/home/ana/.cursor/mcp.json' })
  await expect(app.openPath({ path: '/etc/passwd' })).rejects.toMatchObject({ code: 'ipc.forbidden' })
  await expect(app.openPath({ path: '/home/ana/.cursor/../.ssh/id_rsa' })).rejects.toMatchObject({
    code: 'ipc.forbidden',
  })
  expect(opened).toEqual(['/home/ana/.cursor/mcp.json'])
})

test('says which file to open by hand where no program could be started', async () => {
  const { app } = make()
  const ask = () => app.openPath({ path: '/home/ana/.cursor/mcp.json' })
  await ask()
  await expect(ask()).rejects.toMatchObject({ code: 'app.cannot-open', detail: '/home/ana/.cursor/mcp.json' })
})

test('ends after the answer has crossed', async () => {
  vi.useFakeTimers()
  const { app, quit } = make()
  app.quit()
  expect(quit).not.toHaveBeenCalled()
  await vi.advanceTimersByTimeAsync(100)
  expect(quit).toHaveBeenCalledOnce()
  vi.useRealTimers()
})

test('a screen asked for by the tray reaches every window', () => {
  const { app } = make()
  const seen: string[] = []
  app.navigate(({ screen }) => seen.push(screen))
  app.show('activity')
  expect(seen).toEqual(['activity'])
})
