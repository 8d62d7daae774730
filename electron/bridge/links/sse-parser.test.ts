import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { createParser } from 'eventsource-parser'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createSseParser, type SseEvent } from './sse-parser.ts'

const parse = (chunks: (string | Buffer)[], maxBytes = 1024) => {
  const parser = createSseParser({ maxBytes })
  const events = chunks.flatMap((chunk) => parser.push(Buffer.from(chunk)))
  return { events, parser }
}
const dataOf = (events: SseEvent[]) =>
  events.map((event) => (event.kind === 'event' ? event.data.toString() : event.kind))

describe('edge 15, the grammar of event streams', () => {
  test.each([
    ['LF', '\n'],
    ['CRLF', '\r\n'],
    ['CR', '\r'],
  ])('lines end with %s', (_name, end) => {
    const { events } = parse([`data: a${end}${end}data: b${end}${end}x`])
    expect(dataOf(events)).toEqual(['a', 'b'])
  })

  test('a CRLF that is split between two chunks is one line end', () => {
    expect(dataOf(parse(['data: a\r', '\n\r', '\ndata: b\r\n\r\n']).events)).toEqual(['a', 'b'])
  })

  test('several data lines are joined by newlines, a space after the colon is optional and only one is taken', () => {
    expect(dataOf(parse(['data:a\ndata: b\ndata:  c\ndata\n\n']).events)).toEqual(['a\nb\n c\n'])
  })

  test('comments and unknown fields say nothing', () => {
    expect(dataOf(parse([': keep-alive\n\n:\nfoo: bar\ndata: a\n\n']).events)).toEqual(['a'])
  })

  test('a BOM at the start is no part of the first field', () => {
    expect(dataOf(parse([Buffer.from([0xef, 0xbb]), Buffer.from([0xbf]), 'data: a\n\n']).events)).toEqual(['a'])
  })

  test('an event of a great many empty lines, or of crumbs between comments, holds no more than it says', () => {
    setFlagsFromString('--expose-gc')
    const gc = runInNewContext('gc') as () => void
    const parser = createSseParser({ maxBytes: 64 * 1024 * 1024 })
    gc()
    const { heapUsed, arrayBuffers } = process.memoryUsage()
    for (let count = 0; count < 100; count += 1) parser.push(Buffer.from('data:\n'.repeat(5000)))
    for (let count = 0; count < 1000; count += 1) parser.push(Buffer.from(`data:x\n:${'-'.repeat(60_000)}\n`))
    gc()
    const after = process.memoryUsage()
    expect(after.heapUsed - heapUsed).toBeLessThan(10 * 1024 * 1024)
    expect(after.arrayBuffers - arrayBuffers).toBeLessThan(20 * 1024 * 1024)
    expect(dataOf(parser.push(Buffer.from('\n')))).toEqual([
      `${'\n'.repeat(500_000)}${'x\n'.repeat(1000)}`.slice(0, -1),
    ])
  })

  test('the last event is discarded when its blank line never comes', () => {
    const { events, parser } = parse(['id: 1\ndata: a\n\nid: 2\ndata: b\n'])
    expect(dataOf(events)).toEqual(['a'])
    expect(parser.lastEventId()).toBe('1')
  })

  test('an event without data only moves the id, which is what a priming event is for', () => {
    const { events, parser } = parse(['id: 7\ndata:\n\nid: 8\n\n'])
    expect(dataOf(events)).toEqual([''])
    expect(parser.lastEventId()).toBe('8')
  })

  test('an id with NUL is ignored', () => {
    const { events, parser } = parse(['id: 1\n\nid: 2\u00003\ndata: a\n\n'])
    expect(events).toMatchObject([{ id: null }])
    expect(parser.lastEventId()).toBe('1')
  })

  test('retry is taken when it is digits and nothing else', () => {
    expect(parse(['retry: 1500\n']).parser.retryMs()).toBe(1500)
    expect(parse(['retry: 999999999999999999\n']).parser.retryMs()).toBe(600_000)
    expect(parse(['retry: 1.5\nretry: -1\nretry: \n']).parser.retryMs()).toBeNull()
  })

  test('data is handed on as the bytes it was sent as, valid UTF-8 or not', () => {
    const bytes = Buffer.from([0x64, 0x61, 0x74, 0x61, 0x3a, 0xff, 0xc3, 0x0a, 0x0a])
    const [event] = parse([bytes.subarray(0, 6), bytes.subarray(6)]).events
    expect(event).toMatchObject({ data: Buffer.from([0xff, 0xc3]) })
  })
})

describe('case 44, limits', () => {
  const answer = (size: number) => JSON.stringify({ jsonrpc: '2.0', result: { text: 'x'.repeat(size) }, id: 12 })

  test('data over the limit is let go, whom it was for is told, and the next event is read', () => {
    const stream = `data: ${answer(5000)}\n\ndata: small\n\n`
    for (const step of [1, 7, 1000, stream.length]) {
      const chunks = Array.from({ length: Math.ceil(stream.length / step) }, (_, at) =>
        stream.slice(at * step, (at + 1) * step),
      )
      expect(parse(chunks).events).toMatchObject([{ kind: 'too-large', answers: '12' }, { kind: 'event' }])
    }
  })

  test('data over the limit in many lines is let go just the same', () => {
    const lines = JSON.stringify(JSON.parse(answer(10)), null, 1).split('\n')
    const padding = Array.from({ length: 300 }, () => 'data:      ').join('\n')
    const { events } = parse([`${padding}\n${lines.map((line) => `data: ${line}`).join('\n')}\n\n`])
    expect(events).toEqual([{ kind: 'too-large', answers: '12' }])
  })

  test('a request of the server that is too large answers nobody', () => {
    const request = JSON.stringify({
      jsonrpc: '2.0',
      id: 12,
      method: 'sampling/createMessage',
      params: 'x'.repeat(5000),
    })
    expect(parse([`data: ${request}\n\n`]).events).toEqual([{ kind: 'too-large', answers: null }])
  })

  test('a comment without end and a field without end take no memory and no event', () => {
    const chunks = Array.from({ length: 100 }, () => 'x'.repeat(1000))
    expect(dataOf(parse([':', ...chunks, '\ndata: a\n\n']).events)).toEqual(['a'])
    expect(dataOf(parse(['foo', ...chunks, '\ndata: b\n\n']).events)).toEqual(['b'])
  })
})

describe('against another parser', () => {
  const line = fc.oneof(
    fc.constantFrom(
      '',
      '',
      '',
      'data',
      'data:',
      'data: ',
      'event: x',
      'event:message',
      'retry: 10',
      ': comment',
      'id',
      'nonsense',
    ),
    fc.string({ unit: 'grapheme', maxLength: 12 }).map((text) => `data: ${text.replaceAll(/[\r\n]/g, '')}`),
    fc.stringMatching(/^[a-z0-9-]{0,5}$/).map((text) => `id: ${text}`),
  )
  const stream = fc
    .array(fc.tuple(line, fc.constantFrom('\n', '\r\n', '\r')), { maxLength: 40 })
    // The oracle waits for what follows a CR at the very end; a plain line after it settles that for both.
    .map((lines) => Buffer.from(`${lines.map(([text, end]) => text + end).join('')}: end\n`))

  test('every split of every stream gives the same events', () => {
    fc.assert(
      fc.property(stream, fc.array(fc.nat(), { maxLength: 20 }), (bytes, cuts) => {
        const expected: unknown[] = []
        createParser({
          onEvent: ({ event, data, id }) => expected.push([event ?? 'message', data, id ?? null]),
        }).feed(bytes.toString())
        const points = [...new Set([0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length])].sort(
          (a, b) => a - b,
        )
        const chunks = points.slice(1).map((end, index) => bytes.subarray(points[index], end))
        const found = parse(chunks).events.map((event) =>
          event.kind === 'event' ? [event.type, event.data.toString(), event.id] : event,
        )
        expect(found).toEqual(expected)
      }),
      { numRuns: 500 },
    )
  })
})
