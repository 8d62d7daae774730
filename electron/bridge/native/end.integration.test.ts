import { spawnSync } from 'node:child_process'
import { afterAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import { callLine, initializeLine } from '../testing/session-bench.ts'
import { answerLine, createBench, writeSlowApp } from './test-bench.ts'
import { type Build, createBuilds, nodeBuild } from './test-builds.ts'

// A bridge goes when its client goes, and says nothing but protocol until then.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000, maxConcurrency: 6 })
const builds = await createBuilds()
afterAll(builds.close)
const native = [await builds.release(), await builds.sanitized()]
const all = [nodeBuild, ...native]
const clean = { code: 0, signal: null }

test('pain 11: the native build needs no Node, no PATH and no other word of its surroundings', async () => {
  const { hub, startBridge, arrives } = await createBench(native[0] as Build, onTestFinished)
  await hub.start()
  const { type, hears } = startBridge({ env: { PATH: '', HOME: '' } })
  type(callLine(1))
  await arrives(callLine(1))
  hub.say(answerLine(1))
  expect(await hears('"id":1')).toHaveLength(1)
})

describe.concurrent.each(all)('$name build', (build) => {
  test('when stdin ends it goes at once, or with the last answer', async ({ expect, onTestFinished }) => {
    const { hub, startBridge, arrives } = await createBench(build, onTestFinished)
    const alone = startBridge()
    alone.child.stdin.end()
    expect(await alone.ended).toEqual(clean)
    await hub.start()
    const { child, type, heard, complaints, ended } = startBridge()
    type(callLine(1), callLine(2))
    await arrives(callLine(2))
    // Answered as it arrives: the bridge waits for 800 ms, and a machine under load is slow to look.
    hub.peer()?.on('data', (bytes: Buffer) => {
      if (bytes.includes('notifications/last')) hub.say(answerLine(1), answerLine(2))
    })
    child.stdin.end('{"jsonrpc":"2.0","method":"notifications/last"}\n')
    expect(await ended).toEqual(clean)
    expect(heard.text()).toBe(`${answerLine(1)}\n${answerLine(2)}\n`)
    expect(complaints.text() + alone.complaints.text() + alone.heard.text()).toBe('')
  })

  test('when stdin ends and an answer never comes it goes all the same', async ({ expect, onTestFinished }) => {
    const { home, hub, startBridge, arrives } = await createBench(build, onTestFinished)
    await writeSlowApp(home)
    const waits = startBridge()
    waits.child.stdin.end(`${callLine(1)}\n`)
    expect(await waits.ended).toEqual(clean)
    await hub.start()
    const { child, heard, ended } = startBridge()
    child.stdin.end(`${initializeLine(0)}\n${callLine(2)}\n`)
    await arrives(callLine(2))
    expect(await ended).toEqual(clean)
    expect(heard.length() + waits.heard.length()).toBe(0)
  })

  test('everything the client said before it went reaches the hub', async ({ expect, onTestFinished }) => {
    const { hub, startBridge } = await createBench(build, onTestFinished)
    await hub.start()
    const { child, ended } = startBridge()
    const line = `{"jsonrpc":"2.0","method":"notifications/x","params":"${'x'.repeat(5_000_000)}"}\n`
    child.stdin.end(line)
    expect(await ended).toEqual(clean)
    await vi.waitFor(() => expect(hub.heard.length()).toBe(line.length), { timeout: 150_000 })
  })

  test.for(['SIGTERM', 'SIGHUP', 'SIGINT'] as const)(
    '%s ends it with a call running',
    async (signal, { expect, onTestFinished }) => {
      const { hub, startBridge, arrives } = await createBench(build, onTestFinished)
      await hub.start()
      const { child, type, heard, ended } = startBridge()
      type(callLine(1))
      await arrives(callLine(1))
      child.kill(signal)
      expect(await ended).toEqual(clean)
      expect(heard.length()).toBe(0)
    },
  )

  test('a client that stops reading ends it with the next word', async ({ expect, onTestFinished }) => {
    const { hub, startBridge, arrives } = await createBench(build, onTestFinished)
    await hub.start()
    const { child, type, ended } = startBridge()
    type(callLine(1))
    await arrives(callLine(1))
    child.stdout.destroy()
    hub.say(answerLine(1))
    expect(await ended).toEqual(clean)
  })
})

describe.concurrent.each(native)('$name build', (build) => {
  test('a closed stdout ends it at once', async ({ expect, onTestFinished }) => {
    const { hub, startBridge, arrives } = await createBench(build, onTestFinished)
    await hub.start()
    const { child, type, ended } = startBridge()
    type(callLine(1))
    await arrives(callLine(1))
    child.stdout.destroy()
    expect(await ended).toEqual(clean)
  })

  test('a client that goes in the middle of a long line is not waited for until the app has started', async ({
    expect,
    onTestFinished,
  }) => {
    const { home, startBridge } = await createBench(build, onTestFinished)
    await writeSlowApp(home)
    const { child, heard, ended } = startBridge()
    child.stdin.end(`${callLine(1, 'echo', 'x'.repeat(90_000))}\n`)
    expect(await ended).toEqual(clean)
    expect(heard.length()).toBe(0) // after the app's 20 seconds it would have been told
  })

  test('a notice is read before the answer behind it, for clients lose it otherwise', async ({
    expect,
    onTestFinished,
  }) => {
    const { hub, startBridge, arrives } = await createBench(build, onTestFinished)
    await hub.start()
    const { type, heard, hears } = startBridge()
    let apart = 0
    for (let id = 0; id < 20; id += 1) {
      type(callLine(id))
      await arrives(callLine(id))
      heard.clear()
      hub.say('{"jsonrpc":"2.0","method":"notifications/progress","params":{}}', answerLine(id))
      await hears(answerLine(id))
      if (heard.chunks() === 2) apart += 1
    }
    expect(apart).toBeGreaterThan(14) // a machine that stands still for a while may join some
  })

  test('what it cannot run with is a sentence and an exit code', async ({ expect, onTestFinished }) => {
    const { startBridge } = await createBench(build, onTestFinished)
    const { ended, heard, complaints } = startBridge({ env: { CAUSEWAY_HOME: `/${'x'.repeat(4093)}` } })
    expect(await ended).toEqual({ code: 1, signal: null })
    expect(heard.text()).toBe('')
    expect(complaints.text()).toBe('the path of the app’s folder is too long\n')
  })
})

const usages = [
  ['--help'],
  ['-h'],
  ['--version'],
  ['-v'],
  ['x', '--help'],
  [],
  [''],
  ['a', 'b'],
  ['GitHub'],
  ['../x'],
  ['-'],
  ['a', '--verbose'],
  ['a', '--client'],
  ['a', '--client='],
  ['a', '--client', 'Ü'],
  ['--client=x', '--client', '-y', 'a'],
  ['a'.repeat(64)],
  ['-a', '--help'],
  ['a', '--client', '--help'],
]
test.each(usages)('both builds say the same to %j %j', (...args) => {
  const [node, ...others] = all.map((build) => {
    const { status, stdout, stderr } = spawnSync(
      build.command,
      [...build.args, ...args.filter((arg) => arg !== undefined)],
      { encoding: 'utf8' },
    )
    return { status, stdout, stderr }
  })
  expect(node?.stdout === '' ? node.status : 0).toBe(node?.status)
  for (const other of others) expect(other).toEqual(node)
})
