import type { ServerResponse } from 'node:http'
import type { Dispatcher } from './dispatcher.ts'

const mostBehindBytes = 1024 * 1024

/**
 * Server-sent events for one window. A reader that falls too far behind is cut off rather than buffered for: it
 * reconnects and takes fresh snapshots. The comment every 20 s keeps proxies and port forwards from closing the line.
 */
export function streamEvents(dispatcher: Dispatcher, response: ServerResponse, keepAliveMs = 20_000) {
  response.writeHead(200, {
    'Content-Type': 'text/event-stream',
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
  })
  const write = (text: string) => {
    response.write(text)
    if (response.writableLength > mostBehindBytes) response.destroy()
  }
  write('retry: 1000\n\n')
  const unsubscribe = dispatcher.subscribe((channel, payload) =>
    write(`event: ${channel}\ndata: ${JSON.stringify(payload) ?? 'null'}\n\n`),
  )
  const keepAlive = setInterval(() => write(':\n\n'), keepAliveMs)
  response.once('close', () => {
    clearInterval(keepAlive)
    unsubscribe()
  })
}
