import { setFlagsFromString } from 'node:v8'
import { expect, test, vi } from 'vitest'
import { createBody } from './response-body.ts'

function setUp() {
  const source = { pause: vi.fn(), resume: vi.fn(), abort: vi.fn() }
  const made = createBody(source)
  const reader = made.body[Symbol.asyncIterator]()
  const next = async () => {
    const { value, done } = await reader.next()
    return done ? 'end' : String(value)
  }
  return { ...made, source, next }
}

test('pieces come in their order, those that wait and those that are waited for', async () => {
  const { push, end, next } = setUp()
  const seen: string[] = []
  let sent = 0
  const send = (count: number) => {
    for (let each = 0; each < count; each += 1) push(Buffer.from(`${sent++},`))
  }
  for (const [before, reads, waiting] of [
    [3, 2, 2],
    [2, 3, 3],
    [5, 4, 1],
    [1, 1, 3],
  ] as const) {
    send(before)
    for (let each = 0; each < reads; each += 1) seen.push(await next())
    while (seen.length < sent) seen.push(await next())
    const asked = next()
    send(waiting)
    seen.push(await asked)
  }
  end()
  for (let text = await next(); text !== 'end'; text = await next()) seen.push(text)
  expect(seen.join('')).toBe(Array.from({ length: sent }, (_, at) => `${at},`).join(''))
  expect(await next()).toBe('end')
})

test('past 64 kB the source waits, once, and goes on when that much is read; however small the pieces are', async () => {
  const { push, source, next } = setUp()
  for (let each = 0; each < 70_000; each += 1) push(Buffer.from('x'))
  expect([source.pause.mock.calls.length, source.resume.mock.calls.length]).toEqual([1, 0])
  for (let each = 0; each < 70_000 - 64 * 1024; each += 1) await next()
  expect([source.pause.mock.calls.length, source.resume.mock.calls.length]).toEqual([1, 1])
  for (let each = 0; each < 64 * 1024; each += 1) expect(await next()).toBe('x')
  push(Buffer.from('last'))
  expect(await next()).toBe('last')
})

test('a reader that leaves drops what waits, and what comes later', async () => {
  const { push, body, source, next } = setUp()
  push(Buffer.from('one'))
  push(Buffer.from('two'))
  expect(await next()).toBe('one')
  body.destroy(new Error('enough'))
  push(Buffer.from('three'))
  await expect(next()).rejects.toThrow('enough')
  expect(source.abort).toHaveBeenCalledTimes(1)
})

test('a body is a plain object to the engine: as a dictionary each one lived on until the engine looked at everything', () => {
  setFlagsFromString('--allow-natives-syntax')
  const isPlain = new Function('one', 'return %HasFastProperties(one)')
  const bodies = Array.from({ length: 20 }, () => setUp().body)
  expect(bodies.map((body) => isPlain(body))).toEqual(bodies.map(() => true))
  setFlagsFromString('--no-allow-natives-syntax')
})
