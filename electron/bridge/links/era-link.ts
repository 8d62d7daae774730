import { Problem } from '../../../shared/problems.ts'
import { findText } from '../json-walk.ts'
import type { IdText, LinkNeeds, Message } from '../link.ts'
import { modernVersionOf } from '../revision.ts'
import { findProblem, toRpcError } from '../rpc.ts'
import { scan, toIdText } from '../scan.ts'
import type { EraVerdict, LinkSettings } from './link-options.ts'
import type { ModernLink } from './modern-link.ts'
import { refuseModern } from './no-modern.ts'
import { createTranslatedLink, type Outcome, type TranslatedLink } from './translated-link.ts'
import type { WakingLink } from './waking-link.ts'

type Transports = {
  /** What the verdict is kept under; null where messages of all revisions go the same way and none is needed. */
  place: string | null
  /** Set by configuration: nothing is found out then. */
  era: 'legacy' | 'modern' | undefined
  openLegacy: (needs: LinkNeeds) => WakingLink
  openModern: (needs: LinkNeeds, discovered: (isModern: boolean) => void) => WakingLink & Partial<ModernLink>
}

const dayMs = 24 * 60 * 60 * 1000
// What a server says in refusing `initialize` may mean that it knows no such thing. A sign-in that is missing, a server
// that is away, and a network that fails mean nothing of the kind.
const tellsNothing = /^bridge\.(?!refused$|modern-only$)|^(auth|vault|catalog|policy|internal)\b/

/**
 * Speaks to a server in the revision it has, message by message: one of 2026-07-28 goes as it is. A client of the older
 * revisions is served in its own by a server that gives it a session, and translated to one that has none to give.
 */
export function createEraLink(
  { place, era, openLegacy, openModern }: Transports,
  needs: LinkNeeds,
  settings: LinkSettings,
): WakingLink {
  const { recallEra, rememberEra, now, timings } = settings
  let legacy: WakingLink | null = null
  let modern: (WakingLink & Partial<ModernLink>) | null = null
  let translated: TranslatedLink | null = null
  let isClosed = false
  /** The client’s `initialize`, while it is not known who answers it. */
  let opening: { id: IdText; met: (outcome: Outcome) => void } | null = null

  function verdict(): EraVerdict['speaks'] | null {
    if (era === 'legacy') return 'legacy'
    const known = place === null ? undefined : recallEra?.(place)
    return known && now().getTime() - Date.parse(known.at) < dayMs ? known.speaks : null
  }
  function conclude(speaks: EraVerdict['speaks']) {
    if (place !== null) rememberEra?.(place, { speaks, at: now().toISOString() })
  }
  function discovered(isModern: boolean) {
    if (!isModern) conclude('legacy')
    else if (verdict() !== 'modern') conclude('both')
  }

  const openingAnswer = (line: Buffer): boolean => {
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
    deliver: (line, scanned) => (openingAnswer(line) ? meet({ line }) : needs.deliver(line, scanned)),
    fail: (id, error) => (id === opening?.id ? meet({ error }) : needs.fail(id, error)),
  }
  const getLegacy = () => {
    legacy ??= openLegacy(asLegacy)
    return legacy
  }

  /** Hands the client what its `initialize` came to. */
  function hand(id: IdText, outcome: Outcome) {
    if ('line' in outcome) void needs.deliver(outcome.line)
    else needs.fail(id, outcome.error)
  }

  async function translate(message: Message): Promise<Outcome> {
    const link = createTranslatedLink((inner) => openModern(inner, discovered), needs, settings)
    const late = Promise.withResolvers<Outcome>()
    const timer = setTimeout(() => late.resolve({ error: silence() }), timings.holdMs)
    const outcome = await Promise.race([link.open(message), late.promise]).finally(() => clearTimeout(timer))
    if ('error' in outcome || isClosed) {
      await link.close()
      return outcome
    }
    translated = link
    await legacy?.close()
    legacy = null
    conclude('modern')
    return outcome
  }

  function initialize(message: Message) {
    const id = message.id as IdText
    const before = translated
    translated = null
    void before?.close()
    if (era === 'modern') return void translate(message).then((outcome) => hand(id, outcome))
    if (verdict() === 'modern') return void translateOrFallBack(message, id)
    initializeLegacy(message, id)
  }
  async function translateOrFallBack(message: Message, id: IdText) {
    const outcome = await translate(message)
    // It has become an older server since: it said so itself.
    if ('error' in outcome && verdict() === 'legacy') return initializeLegacy(message, id)
    hand(id, outcome)
  }
  function initializeLegacy(message: Message, id: IdText) {
    opening = { id, met: (outcome) => void onLegacy(message, id, outcome) }
    getLegacy().send(message)
  }
  async function onLegacy(message: Message, id: IdText, outcome: Outcome) {
    if (!isWorthAsking(outcome)) return hand(id, outcome)
    const other = await translate(message)
    if ('line' in other) return hand(id, other)
    // Servers of the SDK for Python have other words than -32601 for a method they do not know.
    if (isOpened(outcome) && findProblem(other.error) === null && !isModernCode(other.error.code)) conclude('legacy')
    hand(id, outcome)
  }
  const isOpened = (outcome: Outcome) => 'line' in outcome && findText(outcome.line, ['error']) === null
  /** Whether a server that met `initialize` like this may speak 2026-07-28 as well, or only. */
  function isWorthAsking(outcome: Outcome): boolean {
    if (era === 'legacy') return false
    if (isOpened(outcome)) return legacy?.hasSession?.() === false && verdict() !== 'legacy'
    const problem = 'error' in outcome ? findProblem(outcome.error) : null
    return problem === null || !tellsNothing.test(problem.code)
  }

  function sendModern(message: Message) {
    if (verdict() === 'legacy') return refuseModern(message, needs)
    if (place === null) return getLegacy().send(message)
    modern ??= openModern(needs, discovered)
    modern.send(message)
  }

  return {
    send(message) {
      const { method, kind, line } = message
      if (kind === 'request' && modernVersionOf(line) !== null) return sendModern(message)
      if (method === 'initialize' && kind === 'request') return initialize(message)
      if (method === 'notifications/cancelled') {
        const id = toIdText(findText(line, ['params', 'requestId']))
        if (id !== null && modern?.has?.(id)) return modern.send(message)
      }
      const link = translated ?? getLegacy()
      link.send(message)
    },
    wake() {
      for (const link of [legacy, modern, translated]) link?.wake()
    },
    async close() {
      isClosed = true
      await Promise.all([legacy, modern, translated].map((link) => link?.close()))
    },
  }
}

const silence = () => toRpcError(new Problem('bridge.timeout', 'it was asked which revisions it speaks'))
const isModernCode = (code: number) => code <= -32020 && code >= -32022
