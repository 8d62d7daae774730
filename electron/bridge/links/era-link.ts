import { Problem } from '../../../shared/problems.ts'
import { findText } from '../json-walk.ts'
import type { LinkNeeds } from '../link.ts'
import type { IdText, Message, RpcError } from '../message.ts'
import { modernRevisions, modernVersionOf, toPlain } from '../revision.ts'
import { findProblem, toRpcError } from '../rpc.ts'
import { scan, toIdText } from '../scan.ts'
import type { EraVerdict, LinkSettings } from './link-options.ts'
import type { ModernLink } from './modern-link.ts'
import { refuseModern } from './no-modern.ts'
import { createTranslatedLink, type Outcome } from './translated-link.ts'
import type { WakingLink } from './waking-link.ts'

type Transports = {
  /** What the verdict is kept under; null where messages of all revisions go the same way and none is needed. */
  place: string | null
  /** Set by configuration: nothing is found out then. */
  era: 'legacy' | 'modern' | undefined
  openLegacy: (needs: LinkNeeds) => WakingLink
  openModern: (needs: LinkNeeds, discovered: (isModern: boolean) => void) => WakingLink & Partial<ModernLink>
  /** Whether older clients get a session, found out without opening one. */
  wantsSession?: (signal: AbortSignal) => Promise<boolean>
}

const dayMs = 24 * 60 * 60 * 1000
// A server that cannot be reached, or asked at all, would not answer `initialize` either.
const isHopeless = /^(auth|vault|catalog|policy|network)\.|^bridge\.(unreachable|offline|proxy|bad-header)$/
// In refusing `initialize` like this a server may mean that it knows no such thing.
const tellsNothing = /^bridge\.(?!refused$|modern-only$)|^(auth|vault|catalog|policy|network|internal)\b/
const isModernCode = (code: number) => code <= -32020 && code >= -32022

/**
 * Speaks to a server in the revision it has, message by message: one of 2026-07-28 goes as it is. A client of the older
 * revisions is served in its own by a server that gives it a session, and translated before one that has none to give.
 */
export function createEraLink(transports: Transports, needs: LinkNeeds, settings: LinkSettings): WakingLink {
  const { place, era, openLegacy, openModern } = transports
  const { recallEra, rememberEra, now, timings } = settings
  let legacy: WakingLink | null = null
  let modern: (WakingLink & Partial<ModernLink>) | null = null
  let translated: WakingLink | null = null
  /** The link on which it is being asked what the server speaks. */
  let asking: WakingLink | null = null
  const closing = new AbortController()
  /** What the client says while it is not known in which way. */
  let held: Message[] | null = null
  /** The client’s `initialize`, while the server is asked in the older way. */
  let opening: { id: IdText; met: (outcome: Outcome) => void } | null = null

  function verdict(): EraVerdict['speaks'] | null {
    if (era === 'legacy') return 'legacy'
    const known = place === null ? undefined : recallEra?.(place)
    return known && now().getTime() - Date.parse(known.at) < dayMs ? known.speaks : null
  }
  function conclude(speaks: EraVerdict['speaks']) {
    if (place !== null) rememberEra?.(place, { speaks, at: now().toISOString() })
  }
  // That a server knows the method does not tell yet how older clients are best served.
  const discovered = (isModern: boolean) => void (isModern || conclude('legacy'))

  function isOpeningAnswer(line: Buffer): boolean {
    if (!opening) return false
    const scanned = scan(line)
    return scanned.ok && scanned.message.kind === 'response' && scanned.message.id === opening.id
  }
  function meet(outcome: Outcome) {
    const met = opening?.met
    opening = null
    met?.(outcome)
  }
  const asLegacy: LinkNeeds = {
    ...needs,
    deliver: (line, scanned) => (isOpeningAnswer(line) ? meet({ line }) : needs.deliver(line, scanned)),
    fail: (id, error) => (id === opening?.id ? meet({ error }) : needs.fail(id, error)),
  }
  function getLegacy() {
    legacy ??= openLegacy(asLegacy)
    return legacy
  }
  function askLegacy(message: Message): Promise<Outcome> {
    const { promise, resolve } = Promise.withResolvers<Outcome>()
    opening = { id: message.id as IdText, met: resolve }
    getLegacy().send(message)
    return promise
  }

  /** Asks `server/discover` in the client’s name. What comes back is the client’s answer, once it is agreed to. */
  async function askModern(message: Message) {
    held ??= []
    const link = createTranslatedLink((inner) => openModern(inner, discovered), needs, settings)
    asking = link
    const late = Promise.withResolvers<Outcome>()
    const timer = setTimeout(() => late.resolve({ error: silence() }), timings.holdMs)
    const outcome = await Promise.race([link.open(message), late.promise]).finally(() => clearTimeout(timer))
    asking = null
    if ('error' in outcome) await link.close()
    closing.signal.throwIfAborted()
    return { link, outcome }
  }
  async function agree({ link, outcome }: Awaited<ReturnType<typeof askModern>>): Promise<Outcome> {
    translated = link
    await legacy?.close()
    legacy = null
    conclude('modern')
    return outcome
  }
  const isOlder = (error: RpcError) => findProblem(error) === null && !isModernCode(error.code)

  /** Finds out who is there: asks in the way of 2026-07-28 first, which an older server refuses and does nothing about. */
  async function open(message: Message): Promise<Outcome> {
    const known = verdict()
    if (era !== 'modern' && (known === 'legacy' || known === 'both')) return openOlder(message, true)
    const asked = await askModern(message)
    const { outcome } = asked
    if ('line' in outcome) {
      const isServed = era !== 'modern' && known === null && (await transports.wantsSession?.(closing.signal))
      if (!isServed && !closing.signal.aborted) return agree(asked)
      await asked.link.close()
      closing.signal.throwIfAborted()
      conclude('both')
      return openOlder(message, true)
    }
    if (era === 'modern' || isHopeless.test(findProblem(outcome.error)?.code ?? '')) return outcome
    if (isOlder(outcome.error)) conclude('legacy')
    // One that is known to be modern and is away now is no older server.
    if (known === 'modern' && verdict() === 'modern') return outcome
    return openOlder(message, false)
  }
  async function openOlder(message: Message, mayAsk: boolean): Promise<Outcome> {
    const outcome = await askLegacy(message)
    if (!mayAsk || !isDoubtful(outcome)) return outcome
    const asked = await askModern(message)
    if ('line' in asked.outcome) return agree(asked)
    return isRefusal(outcome) && wantsSignIn(asked.outcome.error) ? asked.outcome : outcome
  }
  /** A missing sign-in is what the person can do something about, not what the older way ran into. */
  const wantsSignIn = (error: RpcError) => /^auth\.|^bridge\.unauthorized$/.test(findProblem(error)?.code ?? '')
  const isRefusal = (outcome: Outcome) => 'error' in outcome || findText(outcome.line, ['error']) !== null

  /** Whether a server that met `initialize` like this is worth asking in the other way. */
  function isDoubtful(outcome: Outcome): boolean {
    if (era === 'legacy') return false
    if ('line' in outcome && !isRefusal(outcome)) {
      const agreed = toPlain(findText(outcome.line, ['result', 'protocolVersion'])) ?? ''
      return modernRevisions.includes(agreed) || (verdict() === 'both' && legacy?.hasSession?.() === false)
    }
    const problem = 'error' in outcome ? findProblem(outcome.error) : null
    return problem === null || !tellsNothing.test(problem.code)
  }

  async function initialize(message: Message) {
    const before = translated
    translated = null
    void before?.close()
    const outcome = await (place === null && era === undefined ? openOlder(message, true) : open(message))
    if ('line' in outcome) void needs.deliver(outcome.line)
    else needs.fail(message.id as IdText, outcome.error)
    const waiting = held ?? []
    held = null
    for (const each of waiting) carry(each)
  }
  const carry = (message: Message) => (translated ?? getLegacy()).send(message)

  function sendModern(message: Message) {
    if (verdict() === 'legacy') return refuseModern(message, needs)
    if (place === null) return getLegacy().send(message)
    modern ??= openModern(needs, discovered)
    modern.send(message)
  }

  return {
    send(message) {
      const { method, kind, line, id: own } = message
      if (closing.signal.aborted) {
        if (kind === 'request')
          needs.fail(own as IdText, toRpcError(new Problem('bridge.interrupted', needs.server.name)))
        return
      }
      if (kind === 'request' && modernVersionOf(line) !== null) return sendModern(message)
      if (method === 'initialize' && kind === 'request') {
        initialize(message).catch((error) => {
          const why = closing.signal.aborted ? new Problem('bridge.interrupted', needs.server.name) : error
          needs.fail(message.id as IdText, toRpcError(why))
        })
        return
      }
      if (method === 'notifications/cancelled') {
        const id = toIdText(findText(line, ['params', 'requestId']))
        if (id !== null && modern?.has?.(id)) return modern.send(message)
      }
      if (held) held.push(message)
      else carry(message)
    },
    wake() {
      for (const link of [legacy, modern, translated]) link?.wake()
    },
    async close() {
      closing.abort()
      await Promise.all([legacy, modern, translated, asking].map((link) => link?.close()))
    },
  }
}

const silence = () => toRpcError(new Problem('bridge.timeout', 'it was asked which revisions it speaks'))
