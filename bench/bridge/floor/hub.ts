import { Agent, type IncomingMessage, request } from 'node:http'
import { createServer, type Socket } from 'node:net'
import { createLines } from '../../../electron/bridge/lines.ts'

// The least a hub can be: a line is the body of a POST, a data line of the answer is a line to the client. No sign-in,
// policy, log, limit or repair. First line of a connection: `{"url":…,"token":…}`. `hub.ts <socket>`.
const newline = Buffer.from('\n')
const dataPrefix = Buffer.from('data: ')

function serve(socket: Socket) {
  const agent = new Agent({ keepAlive: true, maxSockets: 64 })
  let target: { url: URL; headers: Record<string, string> } | null = null

  function send(line: Buffer) {
    if (!target) return
    const headers = { ...target.headers, 'content-length': line.length }
    const asked = request(target.url, { method: 'POST', agent, headers }, receive)
    asked.on('error', () => socket.destroy())
    asked.end(line)
  }
  function receive(answer: IncomingMessage) {
    const session = answer.headers['mcp-session-id']
    if (target && typeof session === 'string') target.headers['mcp-session-id'] = session
    const isStream = answer.headers['content-type'] === 'text/event-stream'
    if (answer.statusCode !== 200) return void answer.resume()
    const lines = createLines({
      limit: Number.POSITIVE_INFINITY,
      onLine: (line) => deliver(isStream, line),
      onTooLong: () => {},
    })
    answer.on('data', lines.push)
    if (!isStream) answer.on('end', () => lines.push(newline))
  }
  function deliver(isStream: boolean, line: Buffer) {
    if (isStream && !line.subarray(0, dataPrefix.length).equals(dataPrefix)) return
    socket.cork()
    socket.write(isStream ? line.subarray(dataPrefix.length) : line)
    socket.write(newline)
    socket.uncork()
  }
  function greet(line: Buffer) {
    const { url, token } = JSON.parse(line.toString())
    const accept = 'application/json, text/event-stream'
    target = {
      url: new URL(url),
      headers: { accept, 'content-type': 'application/json', authorization: `Bearer ${token}` },
    }
  }
  const limit = Number.POSITIVE_INFINITY
  const lines = createLines({ limit, onLine: (line) => (target ? send(line) : greet(line)), onTooLong: () => {} })
  socket.on('data', lines.push)
  socket.on('error', () => {})
  socket.on('close', () => agent.destroy())
}
createServer(serve).listen(process.argv[2], () => process.stdout.write('READY\n'))
