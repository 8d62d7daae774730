import { hasEol, isBlank, lineEnd, lineStart, nextLine, type Splice, skipBlanks, startsLine } from './text.ts'

type Span = { start: number; end: number }
/** The inside of `{…}` or `[…]`: from behind the opening mark to the closing one, and the members in order. */
export type Braces = { open: number; close: number; items: Span[] }
type Comment = Span & { line: boolean }

/** What stands between two members: white space, comments, at most one comma. */
function readGap(text: string, from: number, to: number) {
  const comments: Comment[] = []
  let comma: number | null = null
  for (let at = from; at < to; at++) {
    if (text[at] === ',') comma ??= at
    const line = text[at] === '#' || text.startsWith('//', at)
    if (!line && !text.startsWith('/*', at)) continue
    const end = line ? lineEnd(text, at) : text.indexOf('*/', at) + 2
    comments.push({ start: at, end, line })
    at = end - 1
  }
  return { comma, comments }
}

export function findComments(text: string, { open, close, items }: Braces) {
  const edges = [open, ...items.flatMap(({ start, end }) => [start, end]), close]
  return pairs(edges).flatMap(([from, to]) => readGap(text, from, to).comments)
}
const pairs = (edges: number[]) =>
  edges.flatMap((from, index) => (index % 2 === 0 ? [[from, edges[index + 1] ?? from] as const] : []))

/** How a new member sits: on the line of the others, or on its own. */
export type Seat = { inline: true; blank: string } | { inline: false; eol: string; indent: string; base: string }

/**
 * Puts a member last. The comma goes right behind the last value; a comment behind it on that line stays beside it;
 * where members end in a comma, the new one does too.
 */
export function insertItem(text: string, braces: Braces, item: string, seat: Seat): Splice[] {
  const last = braces.items.at(-1)
  const lead = seat.inline ? seat.blank : seat.eol + seat.indent
  if (!last) return insertFirst(text, braces, item, seat)
  const { comma, comments } = readGap(text, last.end, braces.close)
  let end = comma === null ? last.end : comma + 1
  for (const comment of comments) {
    if (comment.start < end) continue
    if (hasEol(text.slice(end, comment.start))) break
    end = comment.end
  }
  const at = seat.inline ? end : ownLineAfter(text, end)
  const added: Splice = { from: at, to: at, text: lead + item + (comma === null ? '' : ',') }
  return comma === null ? [{ from: last.end, to: last.end, text: ',' }, added] : [added]
}

function insertFirst(text: string, { open, close }: Braces, item: string, seat: Seat): Splice[] {
  const last = readGap(text, open, close).comments.at(-1)
  const end = last?.end ?? open
  if (seat.inline) return [{ from: end, to: end, text: (last ? seat.blank : '') + item }]
  if (hasEol(text.slice(end, close))) {
    const at = ownLineAfter(text, end)
    return [{ from: at, to: at, text: seat.eol + seat.indent + item }]
  }
  return [{ from: end, to: close, text: seat.eol + seat.indent + item + seat.eol + seat.base }]
}

/** Behind the blanks that end a line, so that they stay where they are; right here where something follows. */
function ownLineAfter(text: string, offset: number) {
  const at = skipBlanks(text, offset)
  return at === lineEnd(text, at) ? at : offset
}

/**
 * Takes a member away: its whole lines where it owns them, and the comma of the member in front if it was last and had
 * none. Comments outside it stay. An object left without members and comments closes up.
 */
export function removeItem(text: string, braces: Braces, index: number): Splice[] {
  const { open, close, items } = braces
  const item = items[index]
  if (!item) throw new Error('no such member')
  if (items.length === 1 && findComments(text, braces).length === 0) return [{ from: open, to: close, text: '' }]
  const before = readGap(text, items[index - 1]?.end ?? open, item.start)
  const after = readGap(text, item.end, items[index + 1]?.start ?? close)
  const isLast = index === items.length - 1
  const edits: Splice[] = []
  let end = item.end
  if (after.comma !== null) {
    if (text.slice(item.end, after.comma).trim() === '') end = after.comma + 1
    else edits.push(cut(after.comma, after.comma + 1))
  }
  const span = removedSpan(text, { item, end, isLast, before })
  const orphan = isLast && after.comma === null ? before.comma : null
  if (orphan !== null && orphan + 1 === span.from) return [...edits, dropEmptyLine(text, orphan, span.to)]
  if (orphan !== null) edits.push(cut(orphan, orphan + 1))
  return [...edits, span]
}

type Removal = { item: Span; end: number; isLast: boolean; before: { comma: number | null; comments: Comment[] } }

function removedSpan(text: string, { item, end, isLast, before }: Removal): Splice {
  const follow = skipBlanks(text, end)
  const endsLine = follow === lineEnd(text, follow)
  const starts = startsLine(text, item.start)
  if (starts && endsLine) return cut(lineStart(text, item.start), nextLine(text, end))
  const comment = text[follow] === '/' || text[follow] === '#'
  const lastComment = before.comments.at(-1)
  // Pulling what follows onto the line of a `//` comment would swallow it.
  const pinned = lastComment?.line === true && lastComment.end >= (before.comma ?? 0)
  if (pinned || (starts && comment) || (!endsLine && !isLast)) return cut(item.start, follow)
  const previous = Math.max(lastComment?.end ?? 0, before.comma === null ? 0 : before.comma + 1)
  return cut(previous > 0 ? previous : skipBackOverBlank(text, item.start), end)
}

function skipBackOverBlank(text: string, offset: number) {
  let at = offset
  while (at > 0 && /\s/.test(text[at - 1] ?? '')) at--
  return at
}

const cut = (from: number, to: number): Splice => ({ from, to, text: '' })

function dropEmptyLine(text: string, from: number, to: number): Splice {
  const start = lineStart(text, from)
  const alone = isBlank(text.slice(start, from)) && isBlank(text.slice(to, lineEnd(text, to)))
  return alone ? cut(start, nextLine(text, to)) : cut(from, to)
}
