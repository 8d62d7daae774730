import { ClientId } from '../../../shared/ids.ts'
import { Problem } from '../../../shared/problems.ts'
import { createMemoryLog } from '../../lib/log.ts'
import { type Answers, createAnswers } from '../answers.ts'
import type { NewCall } from '../calls.ts'
import type { Message, RpcError } from '../message.ts'
import type { Sight, Traffic } from '../server-session.ts'
import { createSession } from '../session.ts'
import type { LinkHandlers } from '../upstream.ts'
import { createEchoLink, type EchoOptions } from './echo-server.ts'
import { serverId, testServer } from './server-config.ts'

export const initializeLine = (id: unknown = 0, protocolVersion = '2025-11-25') =>
  `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"method":"initialize","params":{"protocolVersion":"${protocolVersion}","capabilities":{},"clientInfo":{"name":"Test app","version":"3"}}}`
export const initializedLine = '{"jsonrpc":"2.0","method":"notifications/initialized"}'
export const callLine = (id: unknown, name = 'echo', text = 'hi') =>
  `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"method":"tools/call","params":{"name":"${name}","arguments":{"text":${JSON.stringify(text)}}}}`

type Options = EchoOptions & { answers?: Answers; resumed?: boolean; maxClientLineBytes?: number }

/** A session between a test as the client and an echo server, with everything it says and does written down. */
export function createSessionBench(options: Options = {}) {
  const { log, lines: logged } = createMemoryLog()
  const answers = options.answers ?? createAnswers({ path: null, log })
  const out: string[] = []
  const rows: NewCall[] = []
  const sights: Sight[] = []
  const traffic: Traffic[] = []
  const links: { handlers: LinkHandlers; sent: Message[]; closed: boolean }[] = []
  const world = {
    account: 'a'.repeat(32) as string | null,
    /** What a link says at once instead of serving. */
    refuse: null as RpcError | null,
    known: true,
    allowed: true,
  }
  const session = createSession({
    server: serverId('echo'),
    client: ClientId.parse('vscode'),
    resumed: options.resumed ?? false,
    write: (line) => void out.push(line.toString()),
    getServer() {
      if (!world.known) throw new Problem('bridge.unknown-server', 'echo')
      if (!world.allowed) throw new Problem('catalog.not-allowed', 'echo')
      return testServer('echo')
    },
    openLink(_, handlers) {
      const record = { handlers, sent: [] as Message[], closed: false }
      links.push(record)
      const link = createEchoLink(handlers, {
        ...options,
        onMessage: (message) => void record.sent.push(message),
        onClose: () => {
          record.closed = true
        },
      })
      return {
        ...link,
        send(message) {
          if (!world.refuse) return link.send(message)
          if (message.kind === 'request') handlers.fail(message.id as string, world.refuse)
        },
      }
    },
    account: () => world.account,
    answers,
    maxClientLineBytes: options.maxClientLineBytes ?? 10 * 1024 * 1024,
    record: (row) => void rows.push(row),
    seen: (sight) => void sights.push(sight),
    traffic: (event) => void traffic.push(event),
    changed: () => {},
    now: () => new Date('2026-11-20T14:02:00Z'),
    log,
  })
  const say = (...messages: string[]) => {
    for (const message of messages) session.push(Buffer.from(message))
  }
  /** Everything that is due without a clock has happened. */
  const settled = () => new Promise<void>((resolve) => setImmediate(resolve))
  const open = async () => {
    say(initializeLine(), initializedLine)
    await settled()
    return out.splice(0)
  }
  const take = () => out.splice(0).map((line) => JSON.parse(line))
  return { session, answers, say, settled, open, take, out, rows, sights, traffic, links, world, logged }
}
