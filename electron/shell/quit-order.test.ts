import { EventEmitter } from 'node:events'
import { expect, test, vi } from 'vitest'
import { createMemoryLog } from '../lib/log.ts'
import { createQuitOrder } from './quit-order.ts'

/** As Electron: `quit` asks `before-quit`, and ends unless that is prevented. */
function start(close: () => Promise<void>, limitMs = 60_000) {
  const events = new EventEmitter()
  let ended = 0
  const app = Object.assign(events, {
    quit: () => {
      let prevented = false
      events.emit('before-quit', {
        preventDefault: () => {
          prevented = true
        },
      })
      if (!prevented) ended += 1
    },
  })
  const { log, lines } = createMemoryLog()
  const order = createQuitOrder({ app: app as never, close, limitMs, log })
  return { app, order, ended: () => ended, lines }
}

test('the core ends first, then the app, once, however often quit is asked', async () => {
  const closed = Promise.withResolvers<void>()
  const close = vi.fn(() => closed.promise)
  const { app, order, ended } = start(close)
  expect(order.isQuitting()).toBe(false)
  app.quit()
  app.quit()
  expect(order.isQuitting()).toBe(true)
  expect(ended()).toBe(0)
  closed.resolve()
  await vi.waitFor(() => expect(ended()).toBe(1))
  expect(close).toHaveBeenCalledTimes(1)
})

test('a core that does not end, or fails at it, does not keep the app alive', async () => {
  const late = start(() => new Promise(() => {}), 1)
  late.app.quit()
  await vi.waitFor(() => expect(late.ended()).toBe(1))
  expect(late.lines.join()).toContain('app.ended-late')
  const failing = start(() => Promise.reject(new Error('disk full')))
  failing.app.quit()
  await vi.waitFor(() => expect(failing.ended()).toBe(1))
  expect(failing.lines.join()).toContain('app.close-failed')
})

test('a machine that shuts down is not held up', () => {
  const { app, order, ended } = start(() => new Promise(() => {}))
  order.hurry()
  app.quit()
  expect(ended()).toBe(1)
})
