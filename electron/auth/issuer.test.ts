import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { createMemoryLog } from '../lib/log.ts'
import { createIssuer } from './issuer.ts'

const address = 'https://sso.corp.example'
const sso = { issuer: address, clientId: 'causeway-desktop' } as Parameters<
  ReturnType<typeof createIssuer>['discover']
>[0]
const metadata = {
  issuer: address,
  authorization_endpoint: `${address}/auth`,
  token_endpoint: `${address}/token`,
  jwks_uri: `${address}/jwks`,
  response_types_supported: ['code'],
}

function open() {
  const cacheFolder = mkdtempSync(join(tmpdir(), 'causeway-issuer-'))
  onTestFinished(() => rmSync(cacheFolder, { recursive: true }))
  const fetch = async () => Response.json(metadata)
  const { log } = createMemoryLog()
  const issuer = createIssuer({ fetch, cacheFolder, allowInsecure: false, timeoutMs: 1000, now: () => new Date(), log })
  return { issuer, files: () => readdirSync(cacheFolder) }
}

test('an answer that comes after the end is not written behind the app’s back', async () => {
  const { issuer, files } = open()
  const asked = issuer.discover(sso)
  await issuer.close()
  await asked
  expect(files()).toEqual([])
})

test('the copy that is being written at the end is whole when the app has ended', async () => {
  const { issuer, files } = open()
  await issuer.discover(sso)
  expect(files()).toEqual(['sso.json'])
  // The write of the second answer has begun, and nobody waits for it but `close`.
  let isOver = false
  const asked = issuer.discover(sso).finally(() => {
    isOver = true
  })
  while (!isOver && files().length < 2) await new Promise((resolve) => setImmediate(resolve))
  await issuer.close()
  expect(files()).toEqual(['sso.json'])
  await asked
})
