import type { Envelope } from './envelope.ts'

type Opening = { id: string; line: Buffer; told: boolean }

/** Beyond this many open requests the rest is carried, but could not be answered if the hub went. */
const mostIds = 4096

/**
 * What the client and the server have said that must survive the hub: how the client opened, which requests have no
 * answer yet, and which of them the hub has been given.
 */
export function createConversation() {
  let opening: Opening | null = null
  let initialized: Buffer | null = null
  const open = new Map<string, 'waiting' | 'sent'>()
  const asked = new Set<string>()

  return {
    fromClient({ id, method }: Envelope, line: Buffer | null, state: 'waiting' | 'sent') {
      if (method === null) return void (id !== null && asked.delete(id))
      if (method === 'notifications/initialized') initialized = line
      if (id === null) return
      if (method === 'initialize' && line) {
        opening = { id, line, told: false }
        initialized = null
      }
      if (open.size < mostIds) open.set(id, state)
    },
    fromHub({ id, method }: Envelope) {
      if (id === null) return
      if (method !== null) return void asked.add(id)
      open.delete(id)
      if (opening?.id === id) opening.told = true
    },
    /** True where the hub that is met next must open the server's session without a word to the client. */
    isResumed: () => opening?.told ?? false,
    isOpening: (id: string | null) => id !== null && opening?.id === id && !opening.told,
    /** What a new hub is told first. An opening that waits goes with it, so it is not held as well. */
    replay(): Buffer[] {
      if (!opening) return []
      if (!opening.told) open.set(opening.id, 'sent')
      return initialized ? [opening.line, initialized] : [opening.line]
    },
    markSent() {
      for (const id of open.keys()) open.set(id, 'sent')
    },
    /** The requests that went down with the hub; an unanswered opening is not among them, for it is said again. */
    takeLost(): string[] {
      const lost = [...open].filter(([id, state]) => state === 'sent' && !this.isOpening(id)).map(([id]) => id)
      for (const id of lost) open.delete(id)
      for (const id of open.keys()) open.set(id, 'waiting')
      return lost
    },
    takeWaiting(): string[] {
      const waiting = [...open.keys()]
      open.clear()
      if (opening) opening.told = true
      return waiting
    },
    takeAsked(): string[] {
      const all = [...asked]
      asked.clear()
      return all
    },
    forget: (id: string) => void open.delete(id),
    isQuiet: () => open.size === 0,
    hasWaiting: () => [...open.values()].includes('waiting'),
  }
}
