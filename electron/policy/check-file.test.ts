import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { checkPolicyFile } from './check-file.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'policy-check-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

async function check(text: string) {
  const path = join(folder, 'draft.json')
  writeFileSync(path, text)
  const { set, problems } = await checkPolicyFile(path)
  return { set, said: problems.map(({ code, detail }) => `${code} ${detail?.replace(path, 'it')}`) }
}

test('a good file names what it sets', async () => {
  const text = '{"schemaVersion":1,"mandatory":{"allowAdHoc":false},"recommended":{"activityDays":90}}'
  expect(await check(text)).toEqual({ set: ['allowAdHoc', 'activityDays'], said: [] })
})

test('everything that is wrong is named at once, in both tables and for one key', async () => {
  const mandatory = { allowAdHoc: 'no', activityDays: 90, proxi: {} }
  const recommended = { activityDays: 9999, theme: 'dark' }
  const { set, said } = await check(JSON.stringify({ schemaVersion: 1, mandatory, recommended }))
  expect(set).toEqual(['activityDays'])
  expect(said).toEqual([
    expect.stringMatching(/^policy.key-invalid allowAdHoc in it: /),
    expect.stringMatching(/^policy.key-invalid activityDays in it: /),
    'policy.key-unknown proxi in it',
    'policy.key-unknown theme in it',
  ])
})

test('what is no policy, or not there, is said', async () => {
  expect((await check('{"schemaVersion":1,')).said).toEqual([
    expect.stringMatching(/^policy.unreadable it: not valid JSON/),
  ])
  const { problems } = await checkPolicyFile(join(folder, 'none.json'))
  expect(problems).toMatchObject([{ code: 'policy.unreadable', detail: expect.stringContaining('ENOENT') }])
})
