import { expect, test } from 'vitest'
import { createBody } from '../../lib/http1/response-body.ts'
import { readAll, readSome } from './bodies.ts'

function createSource() {
  const reasons: Error[] = []
  const source = { pause: () => {}, resume: () => {}, abort: (reason: Error) => void reasons.push(reason) }
  return { ...createBody(source), reasons }
}
const whole = (body: ReturnType<typeof createBody>['body']) => ({ body, host: 'mcp.example', header: () => undefined })

test('a short body of no great interest is read to its end; one that does not end is let go with its connection', async () => {
  const [short, endless] = [createSource(), createSource()]
  short.push(Buffer.from('so it is'))
  short.end()
  expect(String(await readSome(short.body))).toBe('so it is')
  expect(short.reasons).toEqual([])
  endless.push(Buffer.from('half a sen'))
  expect(String(await readSome(endless.body, 20))).toBe('half a sen')
  expect(endless.reasons).toHaveLength(1)
})

test('a body that stops in its middle is an error that says so, and its connection is let go', async () => {
  const { body, push, reasons } = createSource()
  push(Buffer.from('{"jsonrpc":'))
  await expect(readAll(whole(body), 1000, 20)).rejects.toMatchObject({ code: 'bridge.timeout' })
  expect(reasons[0]?.message).toContain('mcp.example stopped in the middle')
})

test('a body may begin as late as it likes, and each piece of it begins the time anew', async () => {
  const { body, push, end } = createSource()
  const read = readAll(whole(body), 1000, 200)
  for (const text of ['{', '}', ' ', ' ']) {
    await new Promise((resolve) => setTimeout(resolve, text === '{' ? 400 : 80))
    push(Buffer.from(text))
  }
  end()
  expect(String(await read)).toBe('{}  ')
})
