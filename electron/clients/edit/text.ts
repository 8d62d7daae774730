import { Refusal } from './change.ts'

export type Splice = { from: number; to: number; text: string }

/** Applies edits to one text; they must not overlap. Edits at the same place keep their order. */
export function splice(text: string, edits: Splice[]) {
  const ordered = edits.map((edit, index) => ({ ...edit, index }))
  ordered.sort((a, b) => a.from - b.from || a.to - b.to || a.index - b.index)
  let result = ''
  let at = 0
  for (const { from, to, text: insert } of ordered) {
    if (from < at) throw new Error('overlapping edits')
    result += text.slice(at, from) + insert
    at = to
  }
  return result + text.slice(at)
}

const mark = '\ufeff'

/** Strict UTF-8, with or without a byte order mark; anything else is refused rather than guessed. */
export function decode(bytes: Uint8Array): { text: string; bom: string } {
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch (error) {
    throw new Refusal('not-utf8', null, { cause: error })
  }
  return text.startsWith(mark) ? { text: text.slice(1), bom: mark } : { text, bom: '' }
}

/** The line end a file uses: its first one, LF where it has none. */
export const eolOf = (text: string) => /\r\n|\n|\r/.exec(text)?.[0] ?? '\n'
export const hasEol = (text: string) => /[\r\n]/.test(text)
export const isBlank = (text: string) => /^[ \t]*$/.test(text)

/** The blank lines, or the one line end, or nothing, that a text ends with. */
export const tailOf = (text: string) => /[ \t\r\n]*$/.exec(text)?.[0] ?? ''

export const lineOf = (text: string, offset: number) => (text.slice(0, offset).match(/\r\n|\n|\r/g)?.length ?? 0) + 1

export function lineStart(text: string, offset: number) {
  let at = offset
  while (at > 0 && text[at - 1] !== '\n' && text[at - 1] !== '\r') at--
  return at
}
/** The end of the line, in front of its line end. */
export function lineEnd(text: string, offset: number) {
  let at = offset
  while (at < text.length && text[at] !== '\n' && text[at] !== '\r') at++
  return at
}
/** The start of the next line, or the end of the text. */
export function nextLine(text: string, offset: number) {
  const end = lineEnd(text, offset)
  if (text.startsWith('\r\n', end)) return end + 2
  return Math.min(end + 1, text.length)
}
export const skipBlanks = (text: string, offset: number) => {
  let at = offset
  while (text[at] === ' ' || text[at] === '\t') at++
  return at
}
/** The white space in front of a line. */
export const indentAt = (text: string, offset: number) => {
  const start = lineStart(text, offset)
  return text.slice(start, skipBlanks(text, start))
}
export const startsLine = (text: string, offset: number) => isBlank(text.slice(lineStart(text, offset), offset))

/** What a parser says, as part of a sentence: its first line without its end. */
export const toHint = (message: string) => {
  const [line = ''] = message.split('\n')
  return line.charAt(0).toLowerCase() + line.slice(1).replace(/( at line \d+, column \d+)?[.:]?$/, '')
}
