import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto'
import { z } from 'zod'

/** What the vault holds. The generation grows by one with each write and tells an old file from a new one. */
export type Content = { generation: number; secrets: ReadonlyMap<string, string> }

export type Decoded =
  | { state: 'ok'; content: Content }
  | { state: 'newer'; version: number }
  | { state: 'damaged'; reason: string }

/** README.md, “Format”. */
const magic = Buffer.from('CSWVAULT')
const version = 1
const fixed = magic.length + 1 + 2
const nonceBytes = 12
const tagBytes = 16

const Plain = z.object({
  generation: z.number().int().min(0),
  // Pairs, not an object: a secret may be called `__proto__`.
  secrets: z.array(z.tuple([z.string(), z.string()])),
})

/** Which key a file wants, without giving the key away. */
const kidOf = (key: Buffer) => createHash('sha256').update('causeway/kid/1').update(key).digest('hex').slice(0, 16)

export function encode(content: Content, key: Buffer, by: { createdBy: string; backend: string }): Buffer {
  const details = Buffer.from(JSON.stringify({ kid: kidOf(key), createdBy: by.createdBy, backend: by.backend }))
  const lengths = Buffer.alloc(3)
  lengths.writeUInt8(version, 0)
  lengths.writeUInt16BE(details.length, 1)
  const header = Buffer.concat([magic, lengths, details])
  const nonce = randomBytes(nonceBytes)
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: tagBytes }).setAAD(header)
  const plain = JSON.stringify({ generation: content.generation, secrets: [...content.secrets] })
  return Buffer.concat([header, nonce, cipher.update(plain, 'utf8'), cipher.final(), cipher.getAuthTag()])
}

export function decode(bytes: Buffer, key: Buffer): Decoded {
  const damaged = (reason: string): Decoded => ({ state: 'damaged', reason })
  if (bytes.length === 0) return damaged('the file is empty')
  if (bytes.length < fixed) return damaged('the file is cut short')
  if (!bytes.subarray(0, magic.length).equals(magic)) return damaged('the file is not a vault')
  const found = bytes.readUInt8(magic.length)
  if (found > version) return { state: 'newer', version: found }
  if (found !== version) return damaged(`version ${found} is unknown`)
  const start = fixed + bytes.readUInt16BE(magic.length + 1)
  if (bytes.length < start + nonceBytes + tagBytes) return damaged('the file is cut short')
  const plain = open(bytes, start, key)
  if (plain === null) return damaged(isFor(bytes.subarray(fixed, start), key) ? 'it was changed' : 'it has another key')
  return { state: 'ok', content: { generation: plain.generation, secrets: new Map(plain.secrets) } }
}

function isFor(details: Buffer, key: Buffer) {
  return details.includes(`"kid":"${kidOf(key)}"`)
}

function open(bytes: Buffer, start: number, key: Buffer) {
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(start, start + nonceBytes), {
    authTagLength: tagBytes,
  })
    .setAAD(bytes.subarray(0, start))
    .setAuthTag(bytes.subarray(-tagBytes))
  try {
    const text = Buffer.concat([decipher.update(bytes.subarray(start + nonceBytes, -tagBytes)), decipher.final()])
    return Plain.parse(JSON.parse(text.toString('utf8')))
  } catch {
    return null // a wrong tag is the one way to learn of a wrong key or a changed byte
  }
}
