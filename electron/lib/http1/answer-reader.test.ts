import { describe, expect, test } from 'vitest'
import type { AnswerHead } from './answer-head.ts'
import { createAnswerReader } from './answer-reader.ts'

/** What a reader makes of these bytes in pieces of a size: the answer, how many bytes it took, or the code of its error. */
type Found = Partial<AnswerHead> & { body: string; rest?: string | null; code?: string }
function read(text: string | Buffer, size = 1_000_000, { ends = false } = {}): Found {
  const bytes = Buffer.from(text as string, 'latin1')
  let head: AnswerHead | null = null
  const data: Buffer[] = []
  const reader = createAnswerReader({
    onHead: (found) => {
      head = found
    },
    onData: (piece) => void data.push(Buffer.from(piece)),
  })
  const found = () => ({ ...(head as AnswerHead | null), body: Buffer.concat(data).toString('latin1') })
  try {
    for (let at = 0; at < bytes.length; at += size) {
      const taken = reader.push(bytes.subarray(at, at + size))
      if (taken >= 0) return { ...found(), rest: bytes.toString('latin1', at + taken) }
    }
    if (ends) reader.finish()
    return { ...found(), rest: null }
  } catch (error) {
    return { code: (error as { code: string }).code, body: found().body }
  }
}
/** The same in one piece, byte by byte, and in pieces of every small size: where a piece ends must change nothing. */
function readEveryWay(text: string, options?: { ends?: boolean }) {
  const whole = read(text, text.length || 1, options)
  for (const size of [1, 2, 3, 5, 7, 11, 64]) {
    const again = read(text, size, options)
    // Of what lies behind the answer only the piece it ended in is seen.
    expect({ ...again, rest: typeof whole.rest }).toEqual({ ...whole, rest: typeof whole.rest })
  }
  return whole
}
const ok = 'HTTP/1.1 200 OK\r\n'

describe('what is read', () => {
  test.each([
    ['a length', `${ok}Content-Length: 5\r\nX-A: b\r\n\r\nhello`, 'hello', ''],
    ['no body', `${ok}Content-Length: 0\r\n\r\n`, '', ''],
    ['what lies behind it', `${ok}Content-Length: 2\r\n\r\nokHTTP/1.1 500`, 'ok', 'HTTP/1.1 500'],
    ['chunks', `${ok}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0a\r\n0123456789\r\n0\r\n\r\n`, 'abc0123456789', ''],
    ['chunk extensions', `${ok}transfer-encoding: Chunked\r\n\r\n1 ;a="b"\r\nx\r\n0;z\r\n\r\n`, 'x', ''],
    ['trailers', `${ok}Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nDigest: y\r\nB: c\r\n\r\n`, 'x', ''],
    ['204, whatever it says', 'HTTP/1.1 204 No Content\r\n\r\n', '', ''],
    ['304', 'HTTP/1.1 304\r\nContent-Length: 99\r\n\r\n', '', ''],
    ['lines that end by LF alone', 'HTTP/1.1 200 OK\nContent-Length: 2\n\nok', 'ok', ''],
    ['an empty line before it', `\r\n${ok}Content-Length: 2\r\n\r\nok`, 'ok', ''],
    [
      'interim answers',
      `HTTP/1.1 103 Early\r\nLink: </a>\r\n\r\nHTTP/1.1 100\r\n\r\n${ok}Content-Length: 2\r\n\r\nok`,
      'ok',
      '',
    ],
    ['the same length twice', `${ok}Content-Length: 2\r\nContent-Length: 2\r\n\r\nok`, 'ok', ''],
  ])('%s', (_, text, body, rest) => {
    expect(readEveryWay(text)).toMatchObject({ body, rest })
  })

  test('each answer of a connection says for itself what it is, also where its head was the same before', () => {
    const seen: [number, string | undefined, number][] = []
    const data: string[] = []
    const reader = createAnswerReader({
      onHead: ({ status, headers }, idleMs) => void seen.push([status, headers['x-a'] as string | undefined, idleMs]),
      onData: (piece) => void data.push(piece.toString()),
    })
    const take = (text: string) => {
      expect(reader.push(Buffer.from(text))).toBe(text.length)
      reader.reset()
    }
    const head = (length: number, more = '') => `${ok}Content-Length: ${length}\r\n${more}\r\n`
    take(`${head(2)}ab`)
    take(`${head(2)}cd`)
    take(`${head(3)}efg`)
    take(`HTTP/1.1 103 Early\r\n\r\n${head(2, 'X-A: 1\r\n')}hi`)
    take(`${head(2, 'X-A: 2\r\n')}jk`)
    take(`${head(2, 'Connection: close\r\n')}lm`)
    take(`${head(0)}`)
    expect(data).toEqual(['ab', 'cd', 'efg', 'hi', 'jk', 'lm'])
    const usual = 30_000
    const plain = [200, undefined, usual]
    expect(seen).toEqual([plain, plain, plain, [200, '1', usual], [200, '2', usual], [200, undefined, 0], plain])
  })

  test('a body without a length goes on until the connection ends, and only such a body may', () => {
    const endless = `${ok}Content-Type: text/event-stream\r\n\r\ndata: 1\n\n`
    expect(readEveryWay(endless, { ends: true })).toMatchObject({ body: 'data: 1\n\n', rest: null })
    for (const cut of [
      '',
      'HTTP/1.1 200',
      `${ok}Content-Length: 5\r\n\r\nhell`,
      `${ok}Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n`,
    ])
      expect(read(cut, 9, { ends: true })).toMatchObject({ code: 'ECONNRESET' })
  })

  test('headers as they came: names in lower case, several values, folded lines, bytes beyond ASCII', () => {
    const head = `${ok}SET-Cookie: a=1\r\nset-cookie:b=2\r\nSet-Cookie: c=3 \r\nX-Long: one\r\n  two\r\n\tthree\r\n__proto__: x\r\nX-Empty:\r\nX-N: \xfcber\r\nContent-Length: 0\r\n\r\n`
    const { status, headers } = readEveryWay(head) as AnswerHead
    expect(status).toBe(200)
    expect(Object.entries(headers)).toEqual([
      ['set-cookie', ['a=1', 'b=2', 'c=3']],
      ['x-long', 'one two three'],
      ['__proto__', 'x'],
      ['x-empty', ''],
      ['x-n', '\xfcber'],
      ['content-length', '0'],
    ])
  })

  test('the same header as often as a head can hold it, folded and not', () => {
    const { headers } = read(`${ok}${'a:\n'.repeat(15_000)} b\n c\n${'d: e\n'.repeat(3)}\r\n`) as AnswerHead
    expect(headers.a).toHaveLength(15_000)
    expect([headers.a].flat().at(-1)).toBe(' b c')
    expect(headers.d).toEqual(['e', 'e', 'e'])
  })

  test('a body of a megabyte in pieces of every kind, byte for byte', () => {
    const body = Buffer.alloc(1_000_000)
    for (let at = 0; at < body.length; at += 1) body[at] = (at * 31) % 251
    const chunks: Buffer[] = [Buffer.from(`${ok}transfer-encoding: chunked\r\n\r\n`)]
    for (let at = 0, size = 1; at < body.length; at += size, size = (size * 7) % 65_521) {
      const part = body.subarray(at, at + size)
      chunks.push(Buffer.from(`${part.length.toString(16)}\r\n`), part, Buffer.from('\r\n'))
    }
    const sent = Buffer.concat([...chunks, Buffer.from('0\r\n\r\n')])
    for (const size of [1_000_000_000, 65_536, 4_097, 13]) {
      expect(Buffer.from(read(sent, size).body, 'latin1').equals(body)).toBe(true)
    }
  })
})

describe('what is refused', () => {
  test.each([
    ['another protocol', 'SSH-2.0-OpenSSH\r\n'],
    ['a piece of TLS', '\x15\x03\x01\x00\x02\x02\x16'],
    ['HTTP/2 in the clear', 'HTTP/2 200\r\n\r\n'],
    ['HTTP/0.9', '<html>hello</html>'],
    ['a status that is none', 'HTTP/1.1 20 OK\r\n\r\n'],
    ['a status of four digits', 'HTTP/1.1 2000 OK\r\n\r\n'],
    ['a change of protocol', 'HTTP/1.1 101 Switching\r\nUpgrade: h2c\r\n\r\n'],
    ['a blank before the colon', `${ok}Content-Length : 5\r\n\r\nhello`],
    ['a line without a colon', `${ok}hello\r\n\r\n`],
    ['a header that begins with a blank', `${ok} X: y\r\n\r\n`],
    ['a zero byte', `${ok}X: a\0b\r\n\r\n`],
    ['a CR in a value', `${ok}X: a\rContent-Length: 5\r\n\r\n`],
    ['two lengths', `${ok}Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello`],
    ['two lengths in one line', `${ok}Content-Length: 5, 6\r\n\r\nhello`],
    ['a length that is no number', `${ok}Content-Length: 5x\r\n\r\nhello`],
    ['a negative length', `${ok}Content-Length: -5\r\n\r\nhello`],
    ['a length with a sign', `${ok}Content-Length: +5\r\n\r\nhello`],
    ['a length of hexadecimal digits', `${ok}Content-Length: 0x5\r\n\r\nhello`],
    ['an empty length', `${ok}Content-Length:\r\n\r\nhello`],
    ['a length no number can hold', `${ok}Content-Length: 99999999999999999999\r\n\r\nhello`],
    ['a length and chunks', `${ok}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`],
    ['another coding', `${ok}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`],
    ['a coding nobody knows', `${ok}Transfer-Encoding: identity\r\n\r\nhello`],
    ['chunked twice', `${ok}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`],
    ['an empty coding', `${ok}Transfer-Encoding:\r\nContent-Length: 5\r\n\r\nhello`],
    ['chunks in HTTP/1.0', 'HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
    ['a size that is no number', `${ok}Transfer-Encoding: chunked\r\n\r\nxyz\r\n`],
    ['an empty size', `${ok}Transfer-Encoding: chunked\r\n\r\n\r\nhello`],
    ['a negative size', `${ok}Transfer-Encoding: chunked\r\n\r\n-1\r\nhello`],
    ['a size with 0x', `${ok}Transfer-Encoding: chunked\r\n\r\n0x5\r\nhello`],
    ['a size no number can hold', `${ok}Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n`],
    ['a chunk longer than it says', `${ok}Transfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n0\r\n\r\n`],
    ['an extension without end', `${ok}Transfer-Encoding: chunked\r\n\r\n1;${'x'.repeat(5_000)}`],
    ['trailers without end', `${ok}Transfer-Encoding: chunked\r\n\r\n0\r\n${'x: y\r\n'.repeat(5_000)}`],
    ['empty lines without end', '\r\n'.repeat(40)],
    ['interim answers without end', 'HTTP/1.1 100 Continue\r\n\r\n'.repeat(17)],
  ])('%s', (_, text) => {
    expect(readEveryWay(text)).toMatchObject({ code: 'HTTP_NOT_SPOKEN' })
  })

  test('something else is said at its first byte: who speaks first may wait for us for ever', () => {
    expect(read('S')).toMatchObject({ code: 'HTTP_NOT_SPOKEN' })
    expect(read('HTTP/1.1')).toMatchObject({ rest: null })
  })

  test('headers past 64 kB, in one piece or in many, with and without an end', () => {
    const filled = `${ok}${'x-fill: 0123456789\r\n'.repeat(5_000)}`
    for (const size of [1_000_000, 4_096, 100])
      for (const text of [filled, `${filled}\r\n`]) expect(read(text, size).code).toBe('HTTP_ENDLESS_HEADERS')
  })

  test('what came before a body broke is not taken back', () => {
    const broken = `${ok}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nnonsense\r\n`
    expect(read(broken)).toEqual({ code: 'HTTP_NOT_SPOKEN', body: 'abc' })
  })
})
