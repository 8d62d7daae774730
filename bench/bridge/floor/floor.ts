import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/**
 * How low a bridge of this kind could go on this machine, at this hour: a relay of fifty lines of C on a hub that does
 * nothing but carry. Null where there is no C compiler.
 */
export async function startFloor(env: Record<string, string>) {
  const folder = mkdtempSync(join(tmpdir(), 'causeway-floor-'))
  const relay = join(folder, 'relay')
  try {
    execFileSync('cc', ['-O2', '-pthread', '-o', relay, join(import.meta.dirname, 'relay.c')], { stdio: 'ignore' })
  } catch {
    rmSync(folder, { recursive: true, force: true })
    return null
  }
  const socket = join(folder, 'hub.sock')
  let hub: ChildProcess

  async function start() {
    const args = [join(import.meta.dirname, 'hub.ts'), socket]
    const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'inherit'] })
    hub = child
    await once(child.stdout, 'data')
  }
  async function end() {
    hub.kill('SIGKILL')
    await once(hub, 'exit')
    rmSync(socket, { force: true })
  }
  await start()
  return {
    command: (url: string, token: string) => [relay, socket, JSON.stringify({ url, token })],
    hubPid: () => hub.pid as number,
    async renew() {
      await end()
      await start()
    },
    async close() {
      await end()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
export type Floor = NonNullable<Awaited<ReturnType<typeof startFloor>>>
