import { setTimeout as pause } from 'node:timers/promises'
import type { RequestHandler, Response } from 'express'
import { z } from 'zod'
import { createStreamable } from '../mcp/streamable.ts'
import { connectionTools, tool } from '../mcp/tool.ts'

const sensors = { 'warehouse-1': 18.4, 'warehouse-2': 17.9, 'cold-store': 3.6 }

export type Mishap = 'none' | 'slow' | 'error-500' | 'error-503' | 'reset' | 'forget-sessions' | 'cut-stream'
/** What a demo meets: every second call goes well. */
export const badDay: Mishap[] = ['none', 'slow', 'none', 'forget-sessions', 'none', 'cut-stream', 'none', 'error-503']

/** Sensors of the warehouses over a bad line: Streamable HTTP that fails by the script a test, or the demo, gives it. */
export function createFlaky({ identify }: { identify: RequestHandler }) {
  let script: Mishap[] = []
  let calls = 0

  const streamable = createStreamable({
    info: { name: 'flaky', title: 'Warehouse sensors', version: '0.0.9' },
    identify,
    resumable: true,
    interfere: (res) => meet(script[calls++ % Math.max(1, script.length)] ?? 'none', res),
    tools: [
      tool({
        name: 'read_sensor',
        title: 'Read a sensor',
        description: 'The temperature at a place, in °C.',
        input: z.object({ place: z.enum(['warehouse-1', 'warehouse-2', 'cold-store']) }),
        run: ({ place }) => ({ place, celsius: sensors[place] }),
      }),
      ...connectionTools,
    ],
  })

  async function meet(mishap: Mishap, res: Response) {
    if (mishap === 'slow') await pause(2000, undefined, { ref: false })
    if (mishap === 'forget-sessions') await streamable.dropSessions()
    if (mishap === 'cut-stream') cutAfterFirstEvent(res)
    if (mishap === 'reset') res.destroy()
    if (mishap === 'error-500') res.status(500).end()
    if (mishap === 'error-503') res.set('retry-after', '1').status(503).end()
    return res.destroyed || res.writableEnded
  }

  return {
    ...streamable,
    /** Each tool call meets the next mishap, and after the last the first again. An empty script heals the server. */
    play(mishaps: Mishap[]) {
      script = mishaps
      calls = 0
    },
  }
}

/** The first event, which only primes, gets out and the answer does not: the client has to come back for it. */
function cutAfterFirstEvent(res: Response) {
  const write = res.write.bind(res) as (chunk: Buffer, done: () => void) => boolean
  let cut = false
  const once = (chunk?: string | Uint8Array) => {
    const bytes = Buffer.from((chunk ?? '') as Uint8Array)
    if (!cut) write(bytes.subarray(0, bytes.indexOf('\n\n') + 2), () => setImmediate(() => res.destroy()))
    cut = true
    return true
  }
  Object.assign(res, { write: once, end: once })
}
