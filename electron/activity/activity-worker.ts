import { parentPort, workerData } from 'node:worker_threads'
import { createActivityFiles } from './activity-files.ts'
import type { FromWorker, ToWorker, WorkerData } from './activity-messages.ts'

// The databases live in this thread: a query over a million rows must not stop the hub.
const port = parentPort
if (!port) throw new Error('activity-worker runs in a worker thread')
const say = (message: FromWorker) => port.postMessage(message)

const { folder, maxPages } = workerData as WorkerData
const now = () => new Date()
let files: ReturnType<typeof createActivityFiles> | null = null

port.on('message', ({ id, ask }: ToWorker) => {
  try {
    say({ kind: 'answer', id, value: answer(ask) })
  } catch (error) {
    say({ kind: 'failure', id, message: error instanceof Error ? error.message : String(error) })
  }
})

function answer(ask: ToWorker['ask']): unknown {
  // Opened by the first question, not at the start: a folder that cannot be made now may be there at the next.
  files ??= createActivityFiles({ folder, now, maxPages, setAside: (news) => say({ kind: 'set-aside', ...news }) })
  switch (ask.call) {
    case 'append':
      return files.append(ask.owner, ask.rows, ask.gap)[0]?.id
    case 'page':
      return files.page(ask.owner, ask.query)
    case 'owners':
      return files.owners()
    case 'prune':
      return files.prune(ask.owner, ask.olderThan, ask.from)
    case 'close':
      return files.close()
  }
}
