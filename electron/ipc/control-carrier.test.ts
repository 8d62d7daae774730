import { expect, test, vi } from 'vitest'
import { z } from 'zod'
import { createClient } from '../../shared/client.ts'
import { call, event } from '../../shared/ipc.ts'
import { createMemoryLog } from '../lib/log.ts'
import { createSignal } from '../lib/signal.ts'
import { type ControlConnection, createControlCarrier, serveControl } from './control-carrier.ts'
import { createDispatcher } from './dispatcher.ts'

const contract = {
  echo: {
    say: call(z.object({ text: z.string() }), z.string()),
    wait: call(z.void(), z.void()),
    said: event(z.string()),
  },
}

/** Two ends of one line; values cross as JSON, asynchronously. */
function createPair() {
  const closed = createSignal<void>()
  const ends = [createSignal<unknown>(), createSignal<unknown>()] as const
  const end = (mine: 0 | 1): ControlConnection => ({
    send: (value) => queueMicrotask(() => ends[mine === 0 ? 1 : 0].emit(JSON.parse(JSON.stringify(value)))),
    onMessage: (listener) => void ends[mine].on(listener),
    onClose: (listener) => void closed.on(listener),
    close: () => closed.emit(),
  })
  return { near: end(0), far: end(1) }
}

function start() {
  const said = createSignal<string>()
  const release = createSignal<void>()
  let listening = 0
  const api = {
    echo: {
      say: ({ text }: { text: string }) => text,
      wait: () => new Promise<void>((resolve) => void release.on(resolve)),
      said: (listener: (text: string) => void) => {
        listening += 1
        const off = said.on(listener)
        return () => {
          listening -= 1
          off()
        }
      },
    },
  }
  const { near, far } = createPair()
  serveControl(createDispatcher(contract, api, createMemoryLog().log), far)
  const carrier = createControlCarrier(near)
  return { near, carrier, client: createClient(contract, carrier), said, release, listening: () => listening }
}

test('calls are answered in any order, each to the one who asked', async () => {
  const { client, release } = start()
  const slow = client.echo.wait()
  expect(await Promise.all([client.echo.say({ text: 'a' }), client.echo.say({ text: 'b' })])).toEqual(['a', 'b'])
  release.emit()
  await slow
})

test('events come after the first listener asked, and end with the connection', async () => {
  const { client, carrier, said, listening } = start()
  const seen: string[] = []
  const off = client.echo.said((text) => seen.push(text))
  await vi.waitFor(() => expect(listening()).toBe(1))
  said.emit('one')
  await vi.waitFor(() => expect(seen).toEqual(['one']))
  off()
  carrier.close()
  expect(listening()).toBe(0)
})

test('when the app goes, open and later calls end with app.not-running', async () => {
  const { client, carrier } = start()
  const open = client.echo.wait()
  carrier.close()
  await carrier.ended
  await expect(open).rejects.toMatchObject({ code: 'app.not-running' })
  await expect(client.echo.say({ text: 'late' })).rejects.toMatchObject({ code: 'app.not-running' })
})

test.each([null, 7, 'text', {}, { id: {}, channel: 'echo.say' }, { id: 1 }, { subscribe: false }])(
  'the message %j is answered with ipc.bad-request and the connection goes on',
  async (message) => {
    const { near, client } = start()
    const seen: unknown[] = []
    near.onMessage((value) => seen.push(value))
    near.send(message)
    await vi.waitFor(() => expect(seen).toMatchObject([{ id: null, answer: { problem: { code: 'ipc.bad-request' } } }]))
    expect(await client.echo.say({ text: 'still here' })).toBe('still here')
  },
)

test('more calls at once than the limit are refused, the others are served', async () => {
  const { client, release } = start()
  const calls = Array.from({ length: 257 }, () => client.echo.wait())
  await expect(calls[256]).rejects.toMatchObject({ code: 'ipc.bad-request' })
  release.emit()
  await Promise.all(calls.slice(0, 256))
})
