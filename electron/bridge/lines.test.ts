import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Envelope } from './end/envelope.ts'
import { createLines } from './lines.ts'

function cut(chunks: Buffer[], limit = 1024) {
  const lines: string[] = []
  const tooLong: Envelope[] = []
  const framer = createLines({
    limit,
    onLine: (line) => void lines.push(line.toString()),
    onTooLong: (envelope) => void tooLong.push(envelope),
  })
  for (const chunk of chunks) framer.push(chunk)
  return { lines, tooLong }
}

test('edge 1, lines come out whole however the stream is cut, blank ones not at all', () => {
  const text = 'ä\r\n\n  \r\n{"a":"\u2028\\n"}\nlast'
  const bytes = Buffer.from(text)
  fc.assert(
    fc.property(fc.array(fc.nat(bytes.length)), (cuts) => {
      const at = [0, ...cuts.sort((left, right) => left - right), bytes.length]
      const chunks = at.slice(1).map((end, index) => bytes.subarray(at[index], end))
      expect(cut(chunks).lines).toEqual(['ä', '{"a":"\u2028\\n"}'])
    }),
  )
})

test('a line over the limit is dropped, what it was about is known, and the next line is read', () => {
  const long = `{"params":"${'x'.repeat(5000)}","method":"tools/call","id":"big"}`
  const { lines, tooLong } = cut([Buffer.from(long.slice(0, 700)), Buffer.from(`${long.slice(700)}\nnext\n`)])
  expect(lines).toEqual(['next'])
  expect(tooLong).toEqual([{ id: '"big"', method: 'tools/call', error: false, bytes: long.length }])
})

test('a 50 MB line in small chunks does not copy with the square of its size', () => {
  const chunk = Buffer.alloc(64 * 1024, 'x')
  const chunks = [...Array<Buffer>(800).fill(chunk), Buffer.from('\n')]
  expect(cut(chunks, 64 * 1024 * 1024).lines[0]?.length).toBe(800 * chunk.length)
})
