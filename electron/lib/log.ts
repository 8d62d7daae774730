import { mkdirSync } from 'node:fs'
import pino from 'pino'
import { createStream } from 'rotating-file-stream'

type Fields = Record<string, unknown>
type Write = (event: string, fields?: Fields) => void

/** JSON lines: `log.info('session.opened', { server })`. The event is noun.past-verb and stays stable. */
export type Log = { debug: Write; info: Write; warn: Write; error: Write; child: (room: string) => Log }

const longest = 4096
// Control characters, bidi overrides and zero-width marks would let remote text forge or hide a line in a viewer.
const unsafe = /[\p{Cc}\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/gu
// A second net below the rule that secrets never come here (RFC 7519 shape, RFC 6750 scheme, OAuth parameters).
const tokens =
  /eyJ[\w-]+\.[\w-]+\.[\w-]*|(?<=\b(?:bearer|basic)\s)[\w.~+/=-]{8,}|(?<=\b(?:code|refresh_token|access_token|id_token|client_secret|code_verifier|state)=)[^&\s"]+/gi

/** Text that is safe in one line of a log: capped, without control characters, without what looks like a token. */
export const toLogText = (text: string) => text.slice(0, longest).replace(tokens, '[secret]').replace(unsafe, '\ufffd')

function clean(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return toLogText(value)
  if (value instanceof Error)
    return { name: value.name, message: toLogText(value.message), stack: toLogText(value.stack ?? '') }
  if (typeof value === 'bigint') return String(value)
  if (value === null || typeof value !== 'object') return value
  if ('toJSON' in value && typeof value.toJSON === 'function') return clean(value.toJSON(), depth + 1)
  if (depth > 4) return '…'
  if (Array.isArray(value)) return value.slice(0, 50).map((item) => clean(item, depth + 1))
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [toLogText(key), clean(item, depth + 1)]))
}

function wrap(logger: pino.Logger): Log {
  const write =
    (level: 'debug' | 'info' | 'warn' | 'error'): Write =>
    (event, fields = {}) =>
      logger[level](clean(fields) as Fields, event)
  return {
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
    child: (room) => wrap(logger.child({ room })),
  }
}

/** Logs to `<folder>/<name>.log`, 5 files of 5 MB, readable by the owner only. */
export function createFileLog({ folder, name, level = 'info' }: { folder: string; name: string; level?: string }) {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const stream = createStream(`${name}.log`, { path: folder, size: '5M', maxFiles: 5, mode: 0o600 })
  // A full disk must not end the app: the log has a gap, the work goes on.
  stream.on('error', () => {})
  const log = wrap(
    pino({ level, base: { pid: process.pid }, messageKey: 'event', timestamp: pino.stdTimeFunctions.isoTime }, stream),
  )
  return { log, close: () => new Promise<void>((resolve) => stream.end(() => resolve())) }
}

/** Keeps lines in memory, for tests; `lines` holds what a file would. */
export function createMemoryLog() {
  const lines: string[] = []
  const log = wrap(
    pino({ level: 'debug', base: null, messageKey: 'event' }, { write: (line: string) => void lines.push(line) }),
  )
  return { log, lines }
}
