import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { compile } from './compile.ts'

/**
 * How low a bridge of this kind could go on this machine, at this hour: a relay of fifty lines of C on a hub that does
 * nothing but carry. Null where there is no C compiler.
 */
export async function startFloor(env: Record<string, string>) {
  const built = compile('relay')
  if (!built) return null
  const socket = join(built.folder, 'hub.sock')
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
    command: (url: string, token: string) => [built.program, socket, JSON.stringify({ url, token })],
    hubPid: () => hub.pid as number,
    async renew() {
      await end()
      await start()
    },
    async close() {
      await end()
      built.remove()
    },
  }
}
export type Floor = NonNullable<Awaited<ReturnType<typeof startFloor>>>
