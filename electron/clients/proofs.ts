import type { ClientId } from '../../shared/ids.ts'
import type { Ledger, Proof } from './ledger.ts'

type Stage = 'bridge' | 'initialize' | 'call'
const keys = { bridge: 'bridgeAt', initialize: 'initializeAt', call: 'callAt' } as const
const none: Proof = { bridgeAt: null, initializeAt: null, callAt: null }

type Needs = {
  ledger: () => Promise<Ledger>
  tell: (client: ClientId) => void
  newsMs?: number
  againMs?: number
}

/**
 * Knows how far each app got with our bridge. What is new is told and saved within a second; that an app goes on
 * calling, once a minute: calls come by the thousand, and each saving is a file written.
 */
export function createProofs({ ledger, tell, newsMs = 1_000, againMs = 60_000 }: Needs) {
  const fresh = new Map<ClientId, Partial<Proof>>()
  const calling = new Set<ClientId>()
  let timer: NodeJS.Timeout | undefined
  let dueAt = Number.POSITIVE_INFINITY

  function seen({ client, stage, at }: { client: ClientId | null; stage: Stage; at: string }) {
    if (client === null) return // started by hand, or by an app this product did not set up
    fresh.set(client, { ...fresh.get(client), [keys[stage]]: at })
    flushIn(stage === 'call' && calling.has(client) ? againMs : newsMs)
    if (stage === 'call') calling.add(client)
  }
  function flushIn(ms: number) {
    const at = performance.now() + ms
    if (at >= dueAt) return
    clearTimeout(timer)
    dueAt = at
    timer = setTimeout(() => void flush().catch(() => {}), ms) // a full disk: it is tried again with the next news
  }

  async function flush() {
    clearTimeout(timer)
    dueAt = Number.POSITIVE_INFINITY
    if (fresh.size === 0) return
    const news = new Map(fresh)
    const { update } = await ledger()
    await update((data) => {
      const proof = { ...data.proof }
      for (const [client, stages] of news) proof[client] = { ...none, ...proof[client], ...stages }
      return { ...data, proof }
    })
    for (const [client, stages] of news) {
      if (fresh.get(client) === stages) fresh.delete(client)
      tell(client)
    }
  }

  const get = (saved: Proof | undefined, client: ClientId): Proof => ({ ...none, ...saved, ...fresh.get(client) })
  return { seen, flush, get }
}
