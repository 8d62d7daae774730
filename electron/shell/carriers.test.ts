import { expect, test } from 'vitest'
import type { Answer } from '../../shared/ipc.ts'
import { createMemoryLog } from '../lib/log.ts'
import { createSignal } from '../lib/signal.ts'
import { serveIpcMain } from './ipc-main-carrier.ts'
import { createPreloadCarrier } from './preload-carrier.ts'

type Handler = (event: unknown, input: unknown, ...more: unknown[]) => Promise<Answer> | Answer

function start() {
  const handlers = new Map<string, Handler>()
  const called: unknown[] = []
  const sent: unknown[] = []
  const said = createSignal<{ channel: string; payload: unknown }>()
  const page = { id: 7, isDestroyed: () => false, send: (...args: unknown[]) => void sent.push(args) }
  let contents: typeof page | null = page
  let foreignListeners = 1
  const ipcMain = {
    handle: (channel: string, handler: Handler) => void handlers.set(channel, handler),
    removeHandler: (channel: string) => void handlers.delete(channel),
    removeAllListeners: () => {
      foreignListeners = 0
    },
  }
  const serve = {
    channels: { calls: ['health.snapshot'], events: ['health.changed'] },
    call: async (channel: string, input: unknown): Promise<Answer> => {
      called.push([channel, input])
      return { ok: true, value: 1 }
    },
    subscribe: (listener: (channel: string, payload: unknown) => void) =>
      said.on(({ channel, payload }) => listener(channel, payload)),
  }
  const { log, lines } = createMemoryLog()
  const stop = serveIpcMain({ ipcMain: ipcMain as never, serve, contents: () => contents as never, log })
  const top = { parent: null, origin: 'app://ui' }
  return {
    handlers,
    called,
    sent,
    said,
    stop,
    lines,
    page,
    top,
    foreignListeners: () => foreignListeners,
    close: () => {
      contents = null
    },
    call: (event: unknown, input?: unknown) => handlers.get('health.snapshot')?.(event, input),
  }
}

test('the window’s top frame is answered', async () => {
  const { call, called, page, top } = start()
  expect(await call({ sender: page, senderFrame: top }, { a: 1 })).toEqual({ ok: true, value: 1 })
  expect(called).toEqual([['health.snapshot', { a: 1 }]])
})

test.each<[string, (parts: ReturnType<typeof start>) => unknown]>([
  ['a frame that is gone', ({ page }) => ({ sender: page, senderFrame: null })],
  ['a frame inside the page', ({ page, top }) => ({ sender: page, senderFrame: { ...top, parent: top } })],
  ['another page', ({ top }) => ({ sender: { id: 8 }, senderFrame: top })],
  [
    'a page of another origin',
    ({ page, top }) => ({ sender: page, senderFrame: { ...top, origin: 'https://evil.example' } }),
  ],
  [
    'an origin that only begins alike',
    ({ page, top }) => ({ sender: page, senderFrame: { ...top, origin: 'app://ui.evil' } }),
  ],
  ['an opaque origin', ({ page, top }) => ({ sender: page, senderFrame: { ...top, origin: 'null' } })],
])('case 64: %s is refused with ipc.forbidden and logged', async (_who, toEvent) => {
  const parts = start()
  expect(await parts.call(toEvent(parts))).toMatchObject({ ok: false, problem: { code: 'ipc.forbidden' } })
  expect(parts.called).toEqual([])
  expect(parts.lines.join()).toContain('message.refused')
})

test('while there is no window, nobody is answered and nothing is sent', async () => {
  const { call, close, page, top, said, sent } = start()
  close()
  expect(await call({ sender: page, senderFrame: top })).toMatchObject({ problem: { code: 'ipc.forbidden' } })
  said.emit({ channel: 'health.changed', payload: 1 })
  expect(sent).toEqual([])
})

test('events go to the window until the carrier is closed, and no handler stays', () => {
  const { said, sent, stop, handlers } = start()
  said.emit({ channel: 'health.changed', payload: { ok: 1 } })
  stop()
  said.emit({ channel: 'health.changed', payload: { ok: 2 } })
  expect(sent).toEqual([['health.changed', { ok: 1 }]])
  expect(handlers.size).toBe(0)
})

test('listeners that packages put on ipcMain for themselves are taken off', () => {
  expect(start().foreignListeners()).toBe(0)
})

function startPreload(argv = ['x', '--causeway-calls=a.one,a.two', '--causeway-events=a.said']) {
  const listeners = new Map<string, Set<(...args: unknown[]) => void>>()
  const invoked: unknown[] = []
  const ipc = {
    invoke: async (...args: unknown[]) => {
      invoked.push(args)
      return { ok: true, value: 3 }
    },
    on: (channel: string, listener: never) =>
      listeners.set(channel, (listeners.get(channel) ?? new Set()).add(listener)),
    off: (channel: string, listener: never) => listeners.get(channel)?.delete(listener),
  }
  return { carrier: createPreloadCarrier(ipc as never, argv), listeners, invoked }
}

test('the preload’s carrier has `call` and `on`, for the named channels only', async () => {
  const { carrier, invoked } = startPreload()
  expect(Object.keys(carrier).sort()).toEqual(['call', 'on'])
  expect(await carrier.call('a.two', { x: 1 })).toEqual({ ok: true, value: 3 })
  for (const channel of ['a.three', 'a.said', '', '__proto__', 'constructor', 'electron-store-get-data', 7, null, {}])
    await expect(carrier.call(channel as string, 1)).rejects.toThrow('Unknown channel')
  for (const channel of ['a.one', 'toString', undefined])
    expect(() => carrier.on(channel as string, () => {})).toThrow('Unknown channel')
  expect(invoked).toEqual([['a.two', { x: 1 }]])
})

test('without channels on the command line nothing can be called', async () => {
  await expect(startPreload([]).carrier.call('a.one', 1)).rejects.toThrow('Unknown channel a.one')
  await expect(startPreload([]).carrier.call('', 1)).rejects.toThrow('Unknown channel')
})

test('a listener sees the payload and never Electron’s event, until it is taken off', () => {
  const { carrier, listeners } = startPreload()
  const seen: unknown[][] = []
  const off = carrier.on('a.said', (...args) => void seen.push(args))
  for (const heard of listeners.get('a.said') ?? []) heard({ sender: 'secret' }, { text: 'hello' }, 'more')
  expect(seen).toEqual([[{ text: 'hello' }]])
  off()
  expect(listeners.get('a.said')?.size).toBe(0)
})
