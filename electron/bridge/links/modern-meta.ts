import { metaKeys } from '../revision.ts'
import { applyEdits, isObjectAt, membersAt } from './json-edit.ts'
import { findSpan, replaceAt, textAt } from './json-path.ts'

const envelope: readonly string[] = [metaKeys.version, metaKeys.clientInfo, metaKeys.capabilities]

/** What a request says of its sender, as the “_meta” of another request: without its progress token and the like. */
export function senderMeta(line: Buffer): string {
  const meta = findSpan(line, ['params', '_meta'])
  const kept = membersAt(line, meta?.start ?? 0).filter(({ key }) => envelope.includes(key))
  return `{${kept.map((member) => textAt(line, member)).join(',')}}`
}

/** The same request in another revision. */
export function withVersion(line: Buffer, version: string): Buffer {
  const span = findSpan(line, ['params', '_meta', metaKeys.version])
  return span ? replaceAt(line, span, JSON.stringify(version)) : line
}

/** The revisions a server names in its refusal (-32022) or its answer to `server/discover`. */
export function revisionsAt(line: Buffer, path: readonly string[]): string[] {
  const span = findSpan(line, path)
  const list: unknown = span ? JSON.parse(textAt(line, span)) : null
  return Array.isArray(list) ? list.filter((each) => typeof each === 'string') : []
}

/** The id of the subscription a notice belongs to, as its text in the bytes. */
export function subscriptionOf(line: Buffer): string | null {
  const span = findSpan(line, ['params', '_meta', metaKeys.subscription])
  return span && textAt(line, span)
}

/** The notice as revisions before 2026-07-28 know it: it belongs to the session, not to a subscription. */
export function withoutSubscription(line: Buffer): Buffer {
  const meta = findSpan(line, ['params', '_meta'])
  if (!meta || !isObjectAt(line, meta.start)) return line
  const members = membersAt(line, meta.start)
  const kept = members.filter(({ key }) => key !== metaKeys.subscription)
  if (kept.length === members.length) return line
  return applyEdits(line, [{ ...meta, text: `{${kept.map((member) => textAt(line, member)).join(',')}}` }])
}
