import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createMemoryLog } from '../lib/log.ts'
import { createAnswers } from './answers.ts'
import { testServer } from './testing/server-config.ts'

const server = testServer('a')

test('keeps an answer for one server at one address and one account, over a restart', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'answers-'))
  const path = join(folder, 'answers.json')
  const { log } = createMemoryLog()
  const first = createAnswers({ path, log })
  first.keep({ server, account: 'x' }, 'tools/list', '{"tools":[]}')
  await first.close()

  const second = createAnswers({ path, log })
  await second.load()
  expect(second.find({ server, account: 'x' }, 'tools/list')).toBe('{"tools":[]}')
  expect(second.find({ server, account: 'y' }, 'tools/list')).toBeNull()
  expect(second.find({ server, account: 'x' }, 'initialize')).toBeNull()
  const moved = { ...server, endpoint: { transport: 'http' as const, url: 'http://127.0.0.1:10/mcp' } }
  expect(second.find({ server: moved, account: 'x' }, 'tools/list')).toBeNull()
  await rm(folder, { recursive: true })
})

test('an unreadable file is said and done without', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'answers-'))
  const path = join(folder, 'answers.json')
  await writeFile(path, '{"version":7}')
  const { log, lines } = createMemoryLog()
  const answers = createAnswers({ path, log })
  await answers.load()
  expect(answers.find({ server, account: null }, 'x')).toBeNull()
  expect(lines.join()).toContain('answers.not-read')
  await rm(folder, { recursive: true })
})

test('forgets the oldest, and never keeps what is too large', () => {
  const answers = createAnswers({ path: null, log: createMemoryLog().log })
  for (let index = 0; index <= 500; index += 1) answers.keep({ server, account: null }, `${index}`, '{}')
  expect(answers.find({ server, account: null }, '0')).toBeNull()
  expect(answers.find({ server, account: null }, '500')).toBe('{}')
  answers.keep({ server, account: null }, 'big', 'x'.repeat(2 * 1024 * 1024))
  expect(answers.find({ server, account: null }, 'big')).toBeNull()
})
