import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, test, vi } from 'vitest'
import { callLine, initializedLine, initializeLine } from '../testing/session-bench.ts'
import { answerLine, createBench, failed, interrupted, notRunning, waitFor, writeSlowApp } from './test-bench.ts'
import { createBuilds, nodeBuild } from './test-builds.ts'

// The bridge against a hub that a test plays by hand: what both builds promise where a real hub gives no chance to see it.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000, maxConcurrency: 6 })
const builds = await createBuilds()
afterAll(builds.close)
const all = [nodeBuild, await builds.release(), await builds.sanitized()]
const sha256 = (bytes: Buffer | string) => createHash('sha256').update(bytes).digest('hex')

describe.concurrent.each(all)('$name build', (build) => {
  test('tells the hub who it is, and carries lines both ways as they are', async ({ expect, onTestFinished }) => {
    const { hub, startBridge, arrives } = await createBench(build, onTestFinished)
    await hub.start()
    const { child, type, heard, hears } = startBridge()
    const lines = [
      '{"jsonrpc":"2.0","id":1,"method":"x","params":{"big":12345678901234567890,"f":1.0,"text":"\\ud800 \u2028 grüße"}}\r',
      '  {"method": "notifications/x",  "jsonrpc": "2.0" , "__proto__": 1}',
      'not json',
      '[{"jsonrpc":"2.0","id":7,"method":"a"}]',
    ]
    type('', '  \r', ...lines, '')
    await arrives(`${lines[3]}\n`)
    expect(hub.heard.text()).toBe(`${lines.join('\n')}\n`)
    expect(hub.hellos).toEqual([
      { role: 'bridge', server: 'echo', client: 'vscode', pid: child.pid, version: expect.any(String), resumed: false },
    ])
    hub.say('', ...lines, answerLine(1))
    await hears(answerLine(1)).catch(() => {})
    expect(heard.text()).toBe(`${lines.join('\n')}\n${answerLine(1)}\n`)
  })

  test('edge 1, reads lines whatever pieces they come in', async ({ expect, onTestFinished }) => {
    const { hub, startBridge, arrives } = await createBench(build, onTestFinished)
    await hub.start()
    const { child, type, hears } = startBridge({ args: ['echo'] })
    const line = Buffer.from(`${callLine('é😀', 'echo', 'ü'.repeat(50))}\n`)
    for (const byte of line) {
      child.stdin.write(Buffer.from([byte]))
      await new Promise((resolve) => setImmediate(resolve))
    }
    await arrives('\n')
    expect(hub.heard.bytes()).toEqual(line)
    expect(hub.hellos[0]?.client).toBeNull()
    await hub.stop()
    expect(await hears('interrupted')).toEqual([failed('é😀', interrupted)])
    type(callLine(2))
    await hears('"id":2')
  })

  test('carries 50 MB each way at once, and knows what they were about', async ({ expect, onTestFinished }) => {
    const { hub, startBridge } = await createBench(build, onTestFinished)
    await hub.start()
    const { child, type, heard, hears } = startBridge()
    const text = 'x\\n"\\\\é'.repeat(50)
    const request = callLine('big', 'echo', text.repeat(100_000))
    const answer = `{"jsonrpc":"2.0","result":${JSON.stringify(text.repeat(100_000))},"id":"first"}`
    type(callLine('first'))
    await waitFor(() => hub.heard.text().endsWith('\n'))
    hub.heard.clear()
    type(request)
    hub.say(answer)
    await waitFor(() => hub.heard.length() >= Buffer.byteLength(request) + 1)
    await waitFor(() => heard.length() >= Buffer.byteLength(answer) + 1)
    expect(sha256(hub.heard.bytes())).toBe(sha256(`${request}\n`))
    expect(sha256(heard.bytes())).toBe(sha256(`${answer}\n`))
    heard.clear()
    // The first was answered: when the hub goes it is not failed again.
    await hub.stop()
    expect(await hears('interrupted')).toEqual([failed('big', interrupted)])
    expect(child.exitCode).toBeNull()
  })

  test('when the hub goes, running calls fail, questions are taken back, and the next hub hears the opening', async ({
    expect,
    onTestFinished,
  }) => {
    const { home, hub, startBridge, arrives } = await createBench(build, onTestFinished)
    await writeSlowApp(home)
    await hub.start()
    const { type, heard, hears } = startBridge()
    type(initializeLine(0), initializedLine)
    await arrives('notifications/initialized')
    hub.say(
      answerLine(0),
      '{"jsonrpc":"2.0","id":"q\\"","method":"roots/list"}',
      '{"jsonrpc":"2.0","id":9,"method":"ping"}',
    )
    await hears('"ping"')
    type('{"jsonrpc":"2.0","id":9,"result":{}}', callLine(1), callLine('1'), callLine(2))
    await arrives(callLine(2))
    hub.say(answerLine('1'))
    await hears(answerLine('1'))
    heard.clear()
    hub.heard.clear()
    await hub.stop()
    expect(await hears('cancelled')).toEqual([
      failed(1, interrupted),
      failed(2, interrupted),
      {
        jsonrpc: '2.0',
        method: 'notifications/cancelled',
        params: { requestId: 'q"', reason: 'The app was restarted' },
      },
    ])
    type(callLine(3), '{"jsonrpc":"2.0","method":"notifications/x"}', callLine(4))
    await hub.start()
    await arrives(callLine(4))
    expect(hub.heard.text().split('\n')).toEqual([
      initializeLine(0),
      initializedLine,
      callLine(3),
      '{"jsonrpc":"2.0","method":"notifications/x"}',
      callLine(4),
      '',
    ])
    expect(hub.hellos.map(({ resumed }) => resumed)).toEqual([false, true])
    expect(heard.messages()).toHaveLength(3)
  })

  test('an initialize the old hub never answered is asked of the new one; a second one opens anew', async ({
    expect,
    onTestFinished,
  }) => {
    const { home, hub, startBridge, arrives } = await createBench(build, onTestFinished)
    await writeSlowApp(home)
    await hub.start()
    const { type, heard, hears } = startBridge()
    type(initializeLine('i'))
    await arrives('initialize')
    hub.heard.clear()
    await hub.stop()
    await hub.start()
    await arrives(initializeLine('i'))
    hub.say(answerLine('i'))
    await hears(answerLine('i'))
    type(initializedLine, initializeLine('again'))
    await arrives('again')
    hub.heard.clear()
    await hub.stop()
    await hub.start()
    await arrives(initializeLine('again'))
    expect(hub.heard.text()).toBe(`${initializeLine('again')}\n`)
    expect(hub.hellos.map(({ resumed }) => resumed)).toEqual([false, false, false])
    expect(heard.messages()).toHaveLength(1)
  })

  test('what is said before there is a hub waits for one, in order', async ({ expect, onTestFinished }) => {
    const { home, hub, startBridge, arrives } = await createBench(build, onTestFinished)
    await writeSlowApp(home)
    const { type, heard } = startBridge()
    type(callLine(1), initializeLine(0), initializedLine, callLine(2))
    await waitFor(() => existsSync(join(home, 'launch.lock')))
    await hub.start()
    await arrives(callLine(2))
    expect(hub.heard.text().split('\n')).toEqual([initializeLine(0), initializedLine, callLine(1), callLine(2), ''])
    expect(heard.length()).toBe(0)
  })

  test('where no hub can be had each request is told what to do, by its id as it was said', async ({
    expect,
    onTestFinished,
  }) => {
    const { hub, startBridge, arrives } = await createBench(build, onTestFinished)
    const { child, type, heard, hears } = startBridge()
    const ids = [
      '0',
      '""',
      '1',
      '"1"',
      '12345678901234567890',
      '-1.50e3',
      '"\\u00e9\\"\\\\"',
      '"{}[],:"',
      `"${'x'.repeat(254)}"`,
    ]
    type(...ids.map((id) => `{"jsonrpc":"2.0","params":{"id":5},"id":${id},"method":"ping"}`))
    // No id, an id that is none, an id no one can keep, an answer, no message at all: nobody to tell.
    type(
      '{"jsonrpc":"2.0","method":"n"}',
      '{"id":null,"method":"n"}',
      '{"id":{"id":1},"method":"n"}',
      '{"id":1}',
      '{{[',
    )
    type(`{"id":"${'x'.repeat(255)}","method":"ping"}`)
    await hears('xx')
    const error = JSON.stringify(notRunning())
    expect(heard.text()).toBe(ids.map((id) => `{"jsonrpc":"2.0","id":${id},"error":${error}}\n`).join(''))
    heard.clear()
    type(initializeLine('late'))
    expect(await hears('late')).toEqual([failed('late', notRunning())])
    await hub.start()
    await waitFor(() => hub.isConnected())
    type(callLine(3))
    await arrives(callLine(3))
    // The client was told that its opening failed: the answer of this hub is not wanted.
    expect(hub.hellos[0]?.resumed).toBe(true)
    expect(child.exitCode).toBeNull()
  })
})
