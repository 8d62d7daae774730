import { type Dialled, dial } from './dial.ts'
import { findHub } from './find-hub.ts'
import { createJsonConnection, type JsonConnection } from './json-socket.ts'

const longestAnswer = 64 * 1024 * 1024

/** The command line's way to the running hub; null where none runs that can prove itself. */
export async function connectControl(needs: { runFolder: string; version: string }): Promise<JsonConnection | null> {
  const hub = findHub(needs.runFolder)
  if (!hub) return null
  const dialled: Dialled = await dial(hub, 'control', { pid: process.pid, version: needs.version })
  return dialled.state === 'open' ? createJsonConnection(dialled.socket, Buffer.alloc(0), longestAnswer) : null
}
