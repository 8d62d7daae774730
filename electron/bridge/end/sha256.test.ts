import { createHash, createHmac, randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { hmacSha256, sha256 } from './sha256.ts'

test('hashes as node:crypto does, at every length around its blocks and far beyond them', () => {
  for (const length of [...Array(200).keys(), 1000, 65_536]) {
    const bytes = randomBytes(length)
    expect(sha256(bytes).toString('hex')).toBe(createHash('sha256').update(bytes).digest('hex'))
  }
})

test('proves as node:crypto does, with keys shorter and longer than a block', () => {
  for (const length of [0, 1, 32, 63, 64, 65, 200]) {
    const [key, bytes] = [randomBytes(length), randomBytes(length * 3)]
    expect(hmacSha256(key, bytes).toString('hex')).toBe(createHmac('sha256', key).update(bytes).digest('hex'))
  }
})
