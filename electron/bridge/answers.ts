import { createHash } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { z } from 'zod'
import type { ServerConfig } from '../../shared/server-config.ts'
import { findFile, writeAtomic } from '../lib/atomic-file.ts'
import type { Log } from '../lib/log.ts'

type Needs = { path: string | null; log: Log }
type Whose = { server: ServerConfig; account: string | null }

const File = z.object({ version: z.literal(1), answers: z.array(z.tuple([z.string(), z.string()])) })
const mostAnswers = 500
const longestAnswer = 1024 * 1024
const writeAfterMs = 1000

/**
 * What servers last answered to `initialize` and `tools/list`, for the one account they answered it to: a client that
 * starts while a server is away still gets its tools. A changed endpoint or another account finds nothing.
 */
export function createAnswers({ path, log }: Needs) {
  const byKey = new Map<string, string>()
  let timer: NodeJS.Timeout | null = null
  let writing: Promise<void> = Promise.resolve()

  function find(whose: Whose, what: string): string | null {
    return byKey.get(toKey(whose, what)) ?? null
  }
  function keep(whose: Whose, what: string, resultText: string) {
    if (resultText.length > longestAnswer) return
    const key = toKey(whose, what)
    if (byKey.get(key) === resultText) return
    byKey.delete(key)
    byKey.set(key, resultText)
    for (const oldest of byKey.keys()) {
      if (byKey.size <= mostAnswers) break
      byKey.delete(oldest)
    }
    timer ??= setTimeout(write, writeAfterMs).unref()
  }
  function write() {
    timer = null
    if (!path) return
    const text = JSON.stringify({ version: 1, answers: [...byKey] })
    writing = writing
      .then(() => mkdir(dirname(path), { recursive: true, mode: 0o700 }))
      .then(() => writeAtomic(path, text))
      .catch((error) => log.warn('answers.not-written', { error }))
  }
  /** A cache: what cannot be read is fetched again from the servers. */
  async function load() {
    try {
      const bytes = path && (await findFile(path))
      if (!bytes) return
      for (const [key, text] of File.parse(JSON.parse(bytes.toString())).answers) byKey.set(key, text)
    } catch (error) {
      log.warn('answers.not-read', { error })
    }
  }
  async function close() {
    if (timer) {
      clearTimeout(timer)
      write()
    }
    await writing
  }
  return { find, keep, load, close }
}
export type Answers = ReturnType<typeof createAnswers>

const toKey = ({ server, account }: Whose, what: string) =>
  createHash('sha256')
    .update(JSON.stringify([server.id, server.endpoint, account, what]))
    .digest('base64url')
