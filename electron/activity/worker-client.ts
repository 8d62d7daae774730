import { Worker } from 'node:worker_threads'
import type { Log } from '../lib/log.ts'
import type { SetAside } from './activity-files.ts'
import type { Asks, FromWorker, WorkerData } from './activity-messages.ts'

type Needs = { url: URL; data: WorkerData; log: Log; setAside: (news: SetAside) => void }

/** Asks the worker. It is started by the first question, and again by the next one after it died. */
export function createWorkerClient({ url, data, log, setAside }: Needs) {
  let worker: Worker | null = null
  let count = 0
  const waiting = new Map<number, { resolve: (value: never) => void; reject: (error: Error) => void }>()

  function start(): Worker {
    const started = new Worker(url, { workerData: data, name: 'activity' })
    started.on('message', receive)
    started.on('error', (error) => log.error('activity.worker-failed', { error }))
    started.on('exit', () => {
      if (worker !== started) return
      worker = null
      for (const { reject } of waiting.values()) reject(new Error('The activity worker ended'))
      waiting.clear()
    })
    return started
  }

  function receive(message: FromWorker) {
    if (message.kind === 'set-aside') return setAside(message)
    const asker = waiting.get(message.id)
    waiting.delete(message.id)
    if (message.kind === 'failure') asker?.reject(new Error(message.message))
    else asker?.resolve(message.value as never)
  }

  function ask<C extends keyof Asks>(call: C, question: Asks[C]['ask']): Promise<Asks[C]['answer']> {
    worker ??= start()
    const to = worker
    count += 1
    const id = count
    return new Promise((resolve, reject) => {
      waiting.set(id, { resolve, reject })
      to.postMessage({ id, ask: { call, ...question } })
    })
  }

  async function close() {
    if (!worker) return
    await ask('close', {}).catch((error) => log.warn('activity.close-failed', { error }))
    await worker?.terminate()
  }
  return { ask, close }
}
