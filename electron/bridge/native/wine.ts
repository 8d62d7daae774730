import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { compileBridge, findCompiler, waysFor } from '../../../build/native.ts'
import type { Build } from './test-builds.ts'

// Debian puts the 64-bit loader beside the path as long as no 32-bit one is wanted.
const wine = ['/usr/lib/wine/wine64', '/usr/bin/wine64'].find(existsSync)
const wineServer = ['/usr/lib/wine/wineserver64', '/usr/bin/wineserver'].find(existsSync)
const compiler = findCompiler(['x86_64-w64-mingw32-gcc'])

/** Why no Windows program can be built and run here; null where one can. */
export const noWindows =
  compiler && wine && wineServer && process.arch === 'x64'
    ? null
    : 'the Windows bridge is not tested: it takes x64 and, on Debian, apt install gcc-mingw-w64-x86-64-win32 wine64'

/** A path as programs under Wine know it. */
export const toWindows = (path: string) => `Z:${path.replaceAll('/', '\\')}`

/** The Windows build of the bridge under Wine, with a Windows of its own in a temp folder. */
export async function createWine() {
  if (!wine || !wineServer || !compiler) throw new Error(noWindows ?? '')
  const [program, server, cross] = [wine, wineServer, compiler]
  const folder = await mkdtemp(join(tmpdir(), 'windows-'))
  const env = {
    PATH: process.env.PATH ?? '',
    HOME: folder,
    TMPDIR: folder,
    WINEPREFIX: join(folder, 'prefix'),
    WINEDEBUG: '-all',
  }
  const bridgePath = join(folder, 'bridge.exe')
  const relayPath = join(folder, 'pipe-relay.exe')
  const started: ChildProcess[] = []

  async function build() {
    const [flags = []] = waysFor('win32')
    const outcome = await compileBridge({ compiler: cross, system: 'win32', out: bridgePath, flags })
    if (!outcome.ok) throw new Error(outcome.complaint)
    compile('pipe-relay.c', relayPath, ['-lws2_32'])
    run(bridgePath, ['--version']) // makes the prefix
  }
  /** Makes a program of a file in `testing`. */
  function compile(name: string, out: string, more: string[] = []) {
    const source = join(import.meta.dirname, 'testing', name)
    const args = ['-std=c11', '-Wall', '-Wextra', '-Werror', '-static', '-o', out, source, ...more]
    const { status, stderr } = spawnSync(cross, args, { encoding: 'utf8' })
    if (status !== 0) throw new Error(stderr)
  }
  const run = (path: string, args: string[]) =>
    spawnSync(program, [path, ...args], { env, timeout: 300_000, encoding: 'utf8' })
  const bridge: Build = {
    name: 'Windows',
    command: program,
    args: [bridgePath],
    env: (home) => ({ ...env, CAUSEWAY_HOME: toWindows(home) }),
  }
  /** Joins a named pipe to a port, for a hub that a test plays. Killing it is what the end of a hub looks like. */
  async function serve(pipe: string, port: number) {
    const child = spawn(program, [relayPath, 'serve', pipe, `${port}`], { env, stdio: ['ignore', 'pipe', 'inherit'] })
    started.push(child)
    await once(child.stdout, 'data')
    return {
      async stop() {
        const gone = once(child, 'exit')
        child.kill('SIGKILL')
        await gone
      },
    }
  }
  return {
    bridge,
    build,
    folder,
    compile,
    run,
    serve,
    relayPath,
    async close() {
      for (const child of started) child.kill('SIGKILL')
      spawnSync(server, ['--kill'], { env })
      spawnSync(server, ['--wait'], { env, timeout: 60_000 })
      await rm(folder, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}
