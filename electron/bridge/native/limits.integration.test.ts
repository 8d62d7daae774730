import { readFileSync } from 'node:fs'
import { afterAll, describe, test, vi } from 'vitest'
import { callLine } from '../testing/session-bench.ts'
import { answerLine, createBench, failed, interrupted, notRunning, waitFor, writeSlowApp } from './test-bench.ts'
import { createBuilds, nodeBuild } from './test-builds.ts'

// Long lines, many lines, and clients that do not read: what is promised holds, in memory of a fixed size.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000, maxConcurrency: 6 })
const builds = await createBuilds()
afterAll(builds.close)
const native = await builds.release()
const all = [nodeBuild, native, await builds.sanitized()]

describe.concurrent.each(all)('$name build', (build) => {
  test('a large request that comes while there is no hub waits with the client until there is one', async ({
    expect,
    onTestFinished,
  }) => {
    const { home, hub, startBridge, arrives } = await createBench(build, onTestFinished)
    await writeSlowApp(home)
    const { child, type, heard } = startBridge()
    type(callLine(1), callLine('big', 'echo', 'x'.repeat(3_000_000)), callLine(2))
    await new Promise((resolve) => setTimeout(resolve, 500))
    expect(child.stdin.writableLength).toBeGreaterThan(0) // the system's own buffers end far below 3 MB
    await hub.start()
    await arrives(callLine(2))
    expect(hub.heard.messages().map(({ id }) => id)).toEqual([1, 'big', 2])
    expect(heard.length()).toBe(0)
  })

  test('a large request for which no hub comes is answered by its id, wherever in the line that is', async ({
    expect,
    onTestFinished,
  }) => {
    const { startBridge } = await createBench(build, onTestFinished)
    const { type, hears } = startBridge()
    type(`{"jsonrpc":"2.0","method":"ping","params":{"x":"${'x'.repeat(3_000_000)}"},"id":"big"}`)
    expect(await hears('big')).toEqual([failed('big', notRunning())])
    type(callLine(2))
    expect(await hears('"id":2')).toHaveLength(2)
  })

  test('more than can be held for a hub to come is refused by its id; the rest arrives', async ({
    expect,
    onTestFinished,
  }) => {
    const { home, hub, startBridge, arrives } = await createBench(build, onTestFinished)
    await writeSlowApp(home)
    const { type, heard, hears } = startBridge()
    const lines = Array.from({ length: 40 }, (_, index) => callLine(index, 'echo', 'x'.repeat(50_000)))
    type(...lines)
    await hears('"id":39')
    const fit = Math.floor((1024 * 1024) / (lines[39]?.length ?? 1))
    const error = notRunning('it is starting, and too much waits for it already; try again')
    expect(heard.messages()).toEqual(Array.from({ length: 40 - fit }, (_, index) => failed(fit + index, error)))
    await hub.start()
    await arrives(lines[fit - 1] as string)
    expect(hub.heard.text()).toBe(
      lines
        .slice(0, fit)
        .map((line) => `${line}\n`)
        .join(''),
    )
  })

  test('a request that the hub took half of when it went is failed at its end, and never said again', async ({
    expect,
    onTestFinished,
  }) => {
    const { home, hub, startBridge, arrives } = await createBench(build, onTestFinished)
    await writeSlowApp(home)
    await hub.start()
    const { child, type, hears } = startBridge()
    const line = callLine('big', 'echo', 'x'.repeat(200_000))
    child.stdin.write(line.slice(0, 150_000))
    await waitFor(() => hub.heard.length() === 150_000)
    hub.heard.clear()
    await hub.stop()
    await hub.start()
    await waitFor(() => hub.isConnected())
    child.stdin.write(`${line.slice(150_000)}\n`)
    expect(await hears('big')).toEqual([failed('big', interrupted)])
    type(callLine(2))
    await arrives(callLine(2))
    expect(hub.heard.text()).toBe(`${callLine(2)}\n`)
  })

  test('of what a hub that did not read took with it each request is failed, and the next hub hears none of it', async ({
    expect,
    onTestFinished,
  }) => {
    const { home, hub, startBridge, arrives } = await createBench(build, onTestFinished)
    await writeSlowApp(home)
    await hub.start()
    const { child, type, heard } = startBridge()
    await waitFor(() => hub.isConnected())
    hub.peer()?.pause()
    const ids = Array.from({ length: 100 }, (_, index) => index)
    type(...ids.map((id) => callLine(id, 'echo', 'x'.repeat(50_000))))
    await new Promise((resolve) => setTimeout(resolve, 500))
    expect(child.stdin.writableLength).toBeGreaterThan(0)
    hub.heard.clear()
    await hub.stop()
    await hub.start()
    type(callLine('last'))
    await arrives(callLine('last'))
    const reached = hub.heard.messages().map(({ id }) => id)
    const told = heard.messages().map(({ id }) => id)
    expect(heard.messages()[0]).toEqual(failed(0, interrupted))
    expect([...told, ...reached].sort()).toEqual([...ids, 'last'].sort())
  })

  test('a client that does not read is heard all the same, and hears everything once it reads', async ({
    expect,
    onTestFinished,
  }) => {
    const { home, hub, startBridge, arrives } = await createBench(build, onTestFinished)
    await writeSlowApp(home)
    await hub.start()
    const { child, type, heard } = startBridge()
    child.stdout.pause()
    await waitFor(() => hub.isConnected())
    const notices = Array.from({ length: 100 }, (_, index) => `{"method":"n","params":"${index}${'x'.repeat(50_000)}"}`)
    hub.say(...notices)
    await new Promise((resolve) => setTimeout(resolve, 500))
    expect(hub.peer()?.writableLength).toBeGreaterThan(0) // as full as it gets on the way to the client
    type(callLine('heard'))
    await arrives(callLine('heard'))
    // Neither reads, and then the hub goes in the middle of a request.
    hub.peer()?.pause()
    type(callLine('big', 'echo', 'x'.repeat(3_000_000)))
    await new Promise((resolve) => setTimeout(resolve, 500))
    await hub.stop()
    await hub.start()
    child.stdout.resume()
    await waitFor(() => heard.text().includes('"id":"big"'))
    const [whole, rest] = [heard.text().split('\n').slice(0, -1), [] as unknown[]]
    for (const line of whole) if (line.endsWith('}')) rest.push(JSON.parse(line))
    expect(rest).toEqual([
      ...notices.slice(0, rest.length - 2).map((line) => JSON.parse(line)),
      failed('heard', interrupted),
      failed('big', interrupted),
    ])
    expect(whole.length - rest.length).toBeLessThanOrEqual(1) // the notice that the hub was saying when it went
    expect(child.exitCode).toBeNull()
  })

  test('an answer cut off in the middle of its line is ended, so that the next line is read', async ({
    expect,
    onTestFinished,
  }) => {
    const { hub, startBridge, arrives } = await createBench(build, onTestFinished)
    await hub.start()
    const { type, heard } = startBridge()
    type(callLine(1), callLine(2))
    await arrives(callLine(2))
    const part = `{"jsonrpc":"2.0","id":1,"result":"${'x'.repeat(100_000)}`
    hub.peer()?.write(part)
    await waitFor(() => heard.length() === part.length)
    await hub.stop()
    await waitFor(() => heard.text().includes('"id":2'))
    expect(heard.text().slice(0, part.length + 1)).toBe(`${part}\n`)
    const rest = heard
      .text()
      .slice(part.length + 1)
      .trimEnd()
      .split('\n')
    expect(rest.map((line) => JSON.parse(line))).toEqual([failed(1, interrupted), failed(2, interrupted)])
  })

  test('a thousand calls at once are each answered, whatever the order', async ({ expect, onTestFinished }) => {
    const { hub, startBridge, arrives } = await createBench(build, onTestFinished)
    await hub.start()
    const { type, heard, hears } = startBridge()
    const ids = Array.from({ length: 1000 }, (_, index) => (index % 2 ? `s${index}` : index))
    type(...ids.map((id) => callLine(id)))
    await arrives(callLine(ids[999]))
    const answered = ids.filter((_, index) => index % 3 === 0).reverse()
    hub.say(...answered.map(answerLine))
    await waitFor(() => heard.lines() === answered.length)
    heard.clear()
    await hub.stop()
    await hears(JSON.stringify(ids[998]))
    await waitFor(() => heard.lines() === ids.length - answered.length)
    expect(heard.messages()).toEqual(ids.filter((id) => !answered.includes(id)).map((id) => failed(id, interrupted)))
  })
})

/** Kilobytes that a process has in memory now, and the most it ever had. */
const readMemory = (pid: number) => {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const read = (name: string) => Number(status.match(new RegExp(`${name}:\\s+(\\d+) kB`))?.[1])
  return { now: read('VmRSS'), most: read('VmHWM') }
}

// Where the system tells what a process has in memory.
if (process.platform === 'linux') {
  test('pain 3: the native build stays under 2 MB: idle, with 50 MB going each way, and with as much held as can be', async ({
    expect,
    onTestFinished,
  }) => {
    const { home, hub, startBridge, arrives } = await createBench(native, onTestFinished)
    await writeSlowApp(home)
    await hub.start()
    const { child, type, heard, hears } = startBridge()
    await waitFor(() => hub.isConnected())
    const memory = () => readMemory(child.pid ?? 0)
    const idle = memory().now
    const text = 'x'.repeat(50_000_000)
    type(callLine('big', 'echo', text))
    hub.say(`{"jsonrpc":"2.0","id":"big","result":"${text}"}`)
    await waitFor(() => hub.heard.length() > text.length && heard.length() > text.length)
    const carried = memory().most
    hub.heard.clear()
    heard.clear()
    await hub.stop()
    for (let id = 0; id < 1200; id += 1) type(callLine(id, 'echo', 'x'.repeat(1000)))
    await hears('too much waits')
    await hub.start()
    await arrives(callLine(900, 'echo', 'x'.repeat(1000)))
    const held = memory().most
    expect(Math.max(idle, carried, held), `${idle}, ${carried}, ${held} kB`).toBeLessThanOrEqual(2048)
    process.stdout.write(
      `native bridge: ${idle} kB idle, ${carried} kB with 50 MB each way, ${held} kB with 1 MB held\n`,
    )
  })

  test('a client that asks and never reads is read no further; when it reads, each request has one answer', async ({
    expect,
    onTestFinished,
  }) => {
    const { startBridge } = await createBench(native, onTestFinished)
    const { child, type, heard } = startBridge()
    child.stdout.pause()
    const count = 60_000
    type(...Array.from({ length: count }, (_, id) => `{"jsonrpc":"2.0","id":${id},"method":"ping"}`))
    await waitFor(() => readMemory(child.pid ?? 0).now > 900)
    await new Promise((resolve) => setTimeout(resolve, 2_000))
    expect(child.stdin.writableLength).toBeGreaterThan(0)
    expect(readMemory(child.pid ?? 0).most).toBeLessThanOrEqual(2048)
    child.stdout.resume()
    await waitFor(() => heard.lines() === count)
    expect(new Set(heard.messages().map(({ id }) => id)).size).toBe(count)
    expect(heard.messages()).toHaveLength(count)
    expect(readMemory(child.pid ?? 0).most).toBeLessThanOrEqual(2048)
  })
}
