import type { Table, Tables } from '../reading.ts'
import { registryPath } from '../system-sources.ts'

/**
 * A file for Windows’ registry editor, UTF-16 as it writes them itself. It is the whole policy: what the computer had
 * before goes first, so that a key which is no longer in the draft does not stay.
 */
export function toReg({ mandatory, recommended }: Tables): Buffer {
  const key = `HKEY_LOCAL_MACHINE\\${registryPath}`
  const lines = [
    'Windows Registry Editor Version 5.00',
    '',
    `[-${key}]`,
    '',
    ...toKey(key, { schemaVersion: 1, ...mandatory }),
    ...(Object.keys(recommended).length === 0 ? [] : toKey(`${key}\\Recommended`, recommended)),
  ]
  return Buffer.from(`\ufeff${lines.join('\r\n')}`, 'utf16le')
}

function toKey(key: string, table: Table): string[] {
  const entries = Object.entries(table)
  const lists = entries.filter((entry): entry is [string, unknown[]] => Array.isArray(entry[1]))
  return [
    `[${key}]`,
    ...entries.filter(([, value]) => !Array.isArray(value)).map(([name, value]) => `"${name}"=${toValue(value)}`),
    '',
    ...lists.flatMap(([name, items]) => [
      `[${key}\\${name}]`,
      ...items.map((item, index) => `"${index + 1}"=${toValue(item)}`),
      '',
    ]),
  ]
}

function toValue(value: unknown): string {
  const number = typeof value === 'boolean' ? Number(value) : value
  if (typeof number === 'number') return `dword:${number.toString(16).padStart(8, '0')}`
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  // A line break would end the value, and begin whatever the text says.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  if (/[\u0000-\u001f]/.test(text)) return `hex(1):${[...Buffer.from(`${text}\0`, 'utf16le')].map(toHex).join(',')}`
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`
}

const toHex = (byte: number) => byte.toString(16).padStart(2, '0')
