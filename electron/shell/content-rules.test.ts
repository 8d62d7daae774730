import { EventEmitter } from 'node:events'
import { expect, test } from 'vitest'
import { createMemoryLog } from '../lib/log.ts'
import { applyContentRules, applySessionRules } from './content-rules.ts'
import { windowOptions } from './window-options.ts'

type Opener = (details: { url: string }) => { action: string }

function createContents() {
  const opened: string[] = []
  let opener: Opener = () => ({ action: 'allow' })
  const contents = Object.assign(new EventEmitter(), {
    setWindowOpenHandler: (next: Opener) => {
      opener = next
    },
  })
  applyContentRules(contents as never, { openLink: (url) => opened.push(url), log: createMemoryLog().log })
  const isPrevented = (name: string, url: string) => {
    let prevented = false
    contents.emit(name, {
      url,
      preventDefault: () => {
        prevented = true
      },
    })
    return prevented
  }
  return { opened, isPrevented, open: (url: string) => opener({ url }) }
}

const foreign = [
  'https://example.com/',
  'http://ui/',
  'app://other/',
  'app://ui.evil/',
  'app://ui@evil/',
  'app://evil@ui/',
  'file:///etc/passwd',
  'data:text/html,x',
  'javascript:1',
  'about:blank',
  'app:ui',
  'app:///ui/',
  'apps://ui/',
  'blob:app://ui/1',
  '',
  'nonsense',
]

test.each(['will-navigate', 'will-frame-navigate', 'will-redirect'])(
  '%s leaves the window’s origin for nowhere',
  (name) => {
    const { isPrevented } = createContents()
    expect(foreign.filter((url) => !isPrevented(name, url))).toEqual([])
    expect(isPrevented(name, 'app://ui/')).toBe(false)
    expect(isPrevented(name, 'app://ui/#/servers')).toBe(false)
  },
)

test('no webview is attached, wherever it points', () => {
  expect(createContents().isPrevented('will-attach-webview', 'app://ui/')).toBe(true)
})

test('no second window opens; the link goes to the gate', () => {
  const { open, opened } = createContents()
  expect(open('https://example.com/help')).toEqual({ action: 'deny' })
  expect(opened).toEqual(['https://example.com/help'])
})

test('every permission, device and download is refused', () => {
  const handlers: Record<string, (...args: never[]) => unknown> = {}
  const session = Object.assign(new EventEmitter(), {
    setPermissionRequestHandler: (handler: never) => {
      handlers.request = handler
    },
    setPermissionCheckHandler: (handler: never) => {
      handlers.check = handler
    },
    setDevicePermissionHandler: (handler: never) => {
      handlers.device = handler
    },
  })
  applySessionRules(session as never)
  for (const permission of ['media', 'geolocation', 'notifications', 'clipboard-read', 'openExternal', 'unknown']) {
    let granted: unknown
    handlers.request?.(
      null as never,
      permission as never,
      ((answer: boolean) => {
        granted = answer
      }) as never,
    )
    expect(granted).toBe(false)
    expect(handlers.check?.(null as never, permission as never)).toBe(false)
  }
  expect(handlers.device?.()).toBe(false)
  let prevented = false
  session.emit('will-download', {
    preventDefault: () => {
      prevented = true
    },
  })
  expect(prevented).toBe(true)
})

test('the window’s rights are these, and developer tools exist only unpackaged', () => {
  const channels = { calls: ['a.b', 'a.c'], events: ['a.d'] }
  expect(windowOptions({ preload: '/p.cjs', channels, packaged: true }).webPreferences).toEqual({
    preload: '/p.cjs',
    additionalArguments: ['--causeway-calls=a.b,a.c', '--causeway-events=a.d'],
    nodeIntegration: false,
    nodeIntegrationInWorker: false,
    nodeIntegrationInSubFrames: false,
    contextIsolation: true,
    sandbox: true,
    webviewTag: false,
    spellcheck: false,
    devTools: false,
  })
  expect(windowOptions({ preload: '/p.cjs', channels, packaged: false }).webPreferences?.devTools).toBe(true)
})
