import { Problem } from '../../../shared/problems.ts'
import type { LinkNeeds } from '../link.ts'

type Headers = Record<string, string>

// Set by the transport from what it really sends; configuration can never replace them.
const ours = new Set([
  'accept',
  'accept-encoding',
  'connection',
  'content-length',
  'content-type',
  'expect',
  'host',
  'keep-alive',
  'last-event-id',
  'te',
  'transfer-encoding',
  'upgrade',
])
const isOurs = (name: string) => ours.has(name) || name.startsWith('mcp-')
const isName = (name: string) => /^[!#$%&'*+.^_`|~0-9a-z-]+$/.test(name)
// Anything but visible text would let a value add a header of its own (RFC 9110 §5.5).
const isValue = (value: string) => /^[\t\x20-\x7e\x80-\xff]*$/.test(value)

function checked(headers: Headers): Headers {
  const result: Headers = {}
  for (const [written, value] of Object.entries(headers)) {
    const name = written.toLowerCase()
    if (!isName(name)) throw new Problem('bridge.bad-header', `the name ${JSON.stringify(written.slice(0, 60))}`)
    if (!isValue(value)) throw new Problem('bridge.bad-header', `the value of ${name}`)
    if (!isOurs(name)) result[name] = value
  }
  return result
}

const same = (left: Headers, right: Headers) => {
  const names = Object.keys(left)
  return names.length === Object.keys(right).length && names.every((name) => left[name] === right[name])
}

/** The headers that carry the sign-in. However many requests are answered 401 at once, one refresh is asked for. */
export function createCredentials(fetchHeaders: LinkNeeds['headers']) {
  let renewing: Promise<Headers> | null = null
  /** What was checked last: it is nearly always what is asked about next. */
  let last: { given: Headers; checked: Headers } | null = null

  async function current(): Promise<Headers> {
    const given = await fetchHeaders()
    if (!last || !same(given, last.given)) last = { given, checked: checked(given) }
    return last.checked
  }

  /** Other credentials than those a server refused, or null where there are none to be had. */
  async function renew(rejected: Headers, challenge: string | undefined): Promise<Headers | null> {
    const known = await current()
    if (!same(known, rejected)) return known
    renewing ??= fetchHeaders(challenge === undefined ? { rejected } : { rejected, challenge })
      .then(checked)
      .finally(() => {
        renewing = null
      })
    const renewed = await renewing
    return same(renewed, rejected) ? null : renewed
  }

  return { current, renew }
}
