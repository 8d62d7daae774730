import { createHash, randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, test, vi } from 'vitest'
import { writeLaunch } from '../launch-file.ts'
import { callLine, initializedLine, initializeLine } from '../testing/session-bench.ts'
import { answerLine, createBench, failed, interrupted, notRunning, type OnTestFinished, waitFor } from './test-bench.ts'
import { createWine, noWindows, toWindows } from './wine.ts'

vi.setConfig({ testTimeout: 300_000, hookTimeout: 600_000, maxConcurrency: 4 })
const clean = { code: 0, signal: null }
const sha256 = (bytes: Buffer | string) => createHash('sha256').update(bytes).digest('hex')

/** The Windows build on its named pipe, under Wine, against a hub that the test plays. */
function describeWindows() {
  let wine: Awaited<ReturnType<typeof createWine>>
  beforeAll(async () => {
    wine = await createWine()
    await wine.build()
  })
  afterAll(() => wine.close())

  async function createWindowsBench(onTestFinished: OnTestFinished) {
    const pipe = `\\\\.\\pipe\\causeway-${randomBytes(16).toString('hex')}`
    const listen = { host: '127.0.0.1', port: 0 }
    const bench = await createBench(wine.bridge, onTestFinished, { listen, published: pipe })
    let relay: Awaited<ReturnType<typeof wine.serve>> | null = null
    return {
      ...bench,
      async startHub(...how: Parameters<typeof bench.hub.start>) {
        await bench.hub.start(...how)
        relay = await wine.serve(pipe, bench.hub.port())
      },
      async stopHub() {
        await relay?.stop()
        await bench.hub.stop()
      },
    }
  }
  /** An app that is believed to be starting. */
  const writeSlowApp = (home: string) => writeLaunch(home, [toWindows(wine.relayPath)])

  test('tells the hub who it is, and carries lines both ways as they are', async ({ expect, onTestFinished }) => {
    const { hub, startHub, startBridge, arrives } = await createWindowsBench(onTestFinished)
    await startHub()
    const { type, heard, hears } = startBridge()
    const lines = ['{"jsonrpc":"2.0","id":1,"method":"x","params":{"text":"\u2028 grüße\\n"}}\r', '{"method":"n"}']
    type(...lines)
    await arrives(`${lines[1]}\n`)
    expect(hub.heard.text()).toBe(`${lines.join('\n')}\n`)
    expect(hub.hellos).toMatchObject([{ server: 'echo', client: 'vscode', resumed: false }])
    hub.say(...lines, answerLine(1))
    await hears(answerLine(1)).catch(() => {})
    expect(heard.text()).toBe(`${lines.join('\n')}\n${answerLine(1)}\n`)
  })

  test('carries 20 MB each way at once', async ({ expect, onTestFinished }) => {
    const { hub, startHub, startBridge } = await createWindowsBench(onTestFinished)
    await startHub()
    const { type, heard } = startBridge()
    const text = 'x\\n"\\\\é'.repeat(2_500_000)
    const request = callLine('big', 'echo', text)
    const answer = `{"jsonrpc":"2.0","result":${JSON.stringify(text)},"id":"other"}`
    await waitFor(() => hub.isConnected())
    type(request)
    hub.say(answer)
    await waitFor(() => hub.heard.length() > Buffer.byteLength(request))
    await waitFor(() => heard.length() > Buffer.byteLength(answer))
    expect(sha256(hub.heard.bytes())).toBe(sha256(`${request}\n`))
    expect(sha256(heard.bytes())).toBe(sha256(`${answer}\n`))
  })

  test('when the hub goes, running calls fail, and the next hub hears the opening and what waited', async ({
    expect,
    onTestFinished,
  }) => {
    const { home, hub, startHub, stopHub, startBridge, arrives } = await createWindowsBench(onTestFinished)
    await writeSlowApp(home)
    await startHub()
    const { type, heard, hears } = startBridge()
    type(initializeLine(0), initializedLine)
    await arrives('notifications/initialized')
    hub.say(answerLine(0), '{"jsonrpc":"2.0","id":"q","method":"roots/list"}')
    await hears('roots/list')
    type(callLine(1))
    await arrives(callLine(1))
    heard.clear()
    hub.heard.clear()
    await stopHub()
    const cancelled = { requestId: 'q', reason: 'The app was restarted' }
    expect(await hears('cancelled')).toEqual([
      failed(1, interrupted),
      { jsonrpc: '2.0', method: 'notifications/cancelled', params: cancelled },
    ])
    type(callLine(2))
    await startHub()
    await arrives(callLine(2))
    expect(hub.heard.text()).toBe(`${initializeLine(0)}\n${initializedLine}\n${callLine(2)}\n`)
    expect(hub.hellos.map(({ resumed }) => resumed)).toEqual([false, true])
  })

  test('where no hub can be had each request is told what to do', async ({ expect, onTestFinished }) => {
    const { startBridge } = await createWindowsBench(onTestFinished)
    const { child, type, hears } = startBridge()
    type(initializeLine(0), callLine('big', 'echo', 'x'.repeat(500_000)))
    expect(await hears('big')).toEqual([failed(0, notRunning()), failed('big', notRunning())])
    expect(child.exitCode).toBeNull()
  })

  test('whoever took the pipe’s name and knows no key gets nothing', async ({ expect, onTestFinished }) => {
    const { startHub, startBridge } = await createWindowsBench(onTestFinished)
    let heard = ''
    await startHub((socket) => {
      socket.on('data', (chunk) => {
        heard += chunk
        socket.write(`causeway 1 ${'0'.repeat(64)} ${'0'.repeat(64)}\n`)
      })
    })
    const { type, hears } = startBridge()
    type(callLine(1))
    expect(await hears('error')).toEqual([failed(1, notRunning('something else answers in its place'))])
    expect(heard).toMatch(/^(causeway 1 bridge [0-9a-f]{64}\n)+$/)
  })

  test('only a named pipe is an address', async ({ expect, onTestFinished }) => {
    const { home, hub, startBridge } = await createWindowsBench(onTestFinished)
    await hub.publish()
    await writeFile(join(home, 'file'), 'as it was')
    await writeFile(join(hub.run, 'hub.address'), `${toWindows(join(home, 'file'))}\n`)
    const { type, hears } = startBridge()
    type(callLine(1))
    expect(await hears('error')).toEqual([failed(1, notRunning())])
    expect(await readFile(join(home, 'file'), 'utf8')).toBe('as it was')
  })

  test('pain 13: starts the app once, with its arguments as they are and a clean environment', async ({
    expect,
    onTestFinished,
  }) => {
    const { home, startBridge } = await createWindowsBench(onTestFinished)
    const told = join(home, 'told')
    const args = ['a b', '', '"q"', 'C:\\dir\\', '\\"', 'a\\\\"b c\\', '%PATH%', '&|^']
    await writeLaunch(home, [toWindows(wine.relayPath), 'tell', toWindows(told), ...args])
    const { type } = startBridge({
      env: { NODE_OPTIONS: '--x', Electron_Run_As_Node: '1', npm_x: '1', MY_NODE_X: 'kept' },
    })
    type(callLine(1))
    await waitFor(() => existsSync(told))
    const [folder, names, ...heard] = (await readFile(told, 'utf8')).split('\n')
    expect(folder).toBe(toWindows(home))
    expect(heard).toEqual([...args, ''])
    expect(names).toContain('MY_NODE_X')
    expect(names?.split(' ').filter((name) => /^(NODE_|ELECTRON_|npm_)/i.test(name))).toEqual([])
    expect(existsSync(join(home, 'launch.lock'))).toBe(true)
  })

  test('when stdin ends it goes at once, or with the last answer', async ({ expect, onTestFinished }) => {
    const { hub, startHub, startBridge, arrives } = await createWindowsBench(onTestFinished)
    const alone = startBridge()
    alone.child.stdin.end()
    expect(await alone.ended).toEqual(clean)
    await startHub()
    const { child, heard, ended } = startBridge()
    child.stdin.end(`${callLine(1)}\n`)
    await arrives(callLine(1))
    hub.say(answerLine(1))
    expect(await ended).toEqual(clean)
    expect(heard.text()).toBe(`${answerLine(1)}\n`)
    const unanswered = startBridge()
    unanswered.child.stdin.end(`${callLine(2)}\n`)
    expect(await unanswered.ended).toEqual(clean)
  })

  test('says how it is used, in the lines that it says everywhere', async ({ expect, onTestFinished }) => {
    const { startBridge } = await createWindowsBench(onTestFinished)
    const version = startBridge({ args: ['--version'] })
    expect(await version.ended).toEqual(clean)
    expect(version.heard.text()).toMatch(/^\d+\.\d+\.\d+\n$/)
    const wrong = startBridge({ args: ['--wrong'] })
    expect(await wrong.ended).toEqual({ code: 2, signal: null })
    expect(wrong.complaints.text()).toBe('causeway-bridge: it does not know the option --wrong (see --help)\n')
    expect(wrong.heard.text()).toBe('')
  })
}

if (noWindows) process.stdout.write(`${noWindows}\n`)
describe.skipIf(noWindows !== null)('Windows build', { concurrent: true }, describeWindows)
