import { createHash } from 'node:crypto'

/** What a server of bad answers reads of a message, from its bytes: parsing would lose what the tests are about. */
export function readMessage(body: Buffer) {
  const head = body.toString('latin1', 0, 400)
  const id = /"id":("(?:[^"\\]|\\.)*"|-?[\d.eE+]+)/.exec(head)?.[1] ?? null
  const name = /"name":"(\w+)"/.exec(head)?.[1] ?? ''
  const method = /"method":"([^"]*)"/.exec(head)?.[1] ?? ''
  return { id, name, method }
}

/** Bytes behind `"arguments":`, on whatever way and under whatever id they came. */
const argumentsOf = (body: Buffer) => body.subarray(body.indexOf('"arguments":') + 1)
export const digest = (body: Buffer | string) =>
  createHash('sha256')
    .update(argumentsOf(Buffer.from(body as Buffer)))
    .digest('hex')

/** What a server in good order says to it. */
export function goodAnswer(body: Buffer): string {
  const { id, method } = readMessage(body)
  if (method.startsWith('unknown/'))
    return `{"jsonrpc":"2.0","id":${id},"error":{"code":-32601,"message":"Never heard of it"}}`
  const opening = '"protocolVersion":"2025-11-25","capabilities":{},"serverInfo":{"name":"a","version":"1"}'
  const result = method === 'initialize' ? opening : `"digest":"${digest(body)}"`
  return `{"jsonrpc":"2.0","id":${id},"result":{${result}}}`
}

export const largeAnswer = (id: string | null, bytes: number) =>
  `{"jsonrpc":"2.0","id":${id},"result":{"text":"${'x'.repeat(bytes)}"}}`
