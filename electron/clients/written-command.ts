import type { ServerId } from '../../shared/ids.ts'
import type { AppRow, Command } from './app-row.ts'
import { isTable, type Table, type Value } from './edit/change.ts'
import { decode } from './edit/text.ts'
import { formats } from './formats.ts'
import { type Shape, shapes } from './shapes.ts'

/**
 * The command that stands in an app's file under a server's name: null where there is none, or where what stands there
 * starts nothing. Throws a Refusal for a file that cannot be understood.
 */
export function readCommand(bytes: Uint8Array | null, row: AppRow, server: ServerId): Command | null {
  if (bytes === null) return null
  const { text } = decode(bytes)
  if (text.trim() === '') return null
  const shape: Shape = shapes[row.shape]
  const { entry } = formats[row.format].parse(text, { ...shape.place, name: server })
  return entry && isTable(entry.value) ? toCommand(shape, entry.value) : null
}

function toCommand({ fields }: Shape, entry: Table): Command | null {
  const fieldOf = (source: string): Value | undefined => {
    const key = fields.find((field) => 'from' in field && field.from === source)?.key
    return key !== undefined && Object.hasOwn(entry, key) ? entry[key] : undefined
  }
  const [command, ...args] = strings(fieldOf('command+args') ?? [fieldOf('command') ?? null, ...list(fieldOf('args'))])
  if (command === undefined || command === '') return null
  const env = fieldOf('env')
  const pairs = isTable(env) ? Object.entries(env).filter(([, value]) => typeof value === 'string') : []
  return { command, args, env: Object.fromEntries(pairs) as Record<string, string> }
}

const list = (value: Value | undefined) => (Array.isArray(value) ? value : [])
const strings = (value: Value) => list(value).filter((item) => typeof item === 'string')
