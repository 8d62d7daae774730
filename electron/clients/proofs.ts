import type { ClientId } from '../../shared/ids.ts'
import type { Ledger, Proof } from './ledger.ts'

type Stage = 'bridge' | 'initialize' | 'call'
const keys = { bridge: 'bridgeAt', initialize: 'initializeAt', call: 'callAt' } as const
const none: Proof = { bridgeAt: null, initializeAt: null, callAt: null }

/** Knows how far each app got with our bridge. News is told and saved once a second at most: calls come in bursts. */
export function createProofs({
  ledger,
  tell,
  pauseMs = 1000,
}: {
  ledger: () => Promise<Ledger>
  tell: (client: ClientId) => void
  pauseMs?: number
}) {
  const fresh = new Map<ClientId, Partial<Proof>>()
  let timer: NodeJS.Timeout | undefined

  function seen({ client, stage, at }: { client: ClientId | null; stage: Stage; at: string }) {
    if (client === null) return // started by hand, or by an app this product did not set up
    fresh.set(client, { ...fresh.get(client), [keys[stage]]: at })
    timer ??= setTimeout(() => void flush().catch(() => {}), pauseMs) // a full disk: it is tried again with the next news
  }

  async function flush() {
    clearTimeout(timer)
    timer = undefined
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
