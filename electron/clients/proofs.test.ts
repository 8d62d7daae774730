import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { ClientId } from '../../shared/ids.ts'
import type { Ledger, LedgerData, Proof } from './ledger.ts'
import { createProofs } from './proofs.ts'

const cursor = ClientId.parse('cursor')
const claude = ClientId.parse('claude-desktop')
const atSecond = (second: number) => new Date(Date.UTC(2026, 10, 20, 9, 0, second)).toISOString()

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

function setUp() {
  let saved: Partial<Record<ClientId, Proof>> = {}
  let writes = 0
  const told: ClientId[] = []
  const ledger = {
    get: () => ({ proof: saved }),
    update: async (change: (data: LedgerData) => LedgerData) => {
      writes += 1
      saved = change({ proof: saved } as LedgerData).proof
    },
  } as Ledger
  const proofs = createProofs({ ledger: async () => ledger, tell: (client) => void told.push(client) })
  return { ...proofs, told, writes: () => writes, saved: (client: ClientId) => saved[client] }
}

test('what is new is saved and told within a second, a burst of it once', async () => {
  const proofs = setUp()
  proofs.seen({ client: cursor, stage: 'bridge', at: atSecond(0) })
  for (let call = 0; call < 100; call += 1) proofs.seen({ client: cursor, stage: 'call', at: atSecond(1) })
  await vi.advanceTimersByTimeAsync(1_000)
  expect(proofs.saved(cursor)).toEqual({ bridgeAt: atSecond(0), initializeAt: null, callAt: atSecond(1) })
  expect([proofs.writes(), proofs.told]).toEqual([1, [cursor]])
})

test('an app that goes on calling is written down once a minute, and known all the while', async () => {
  const proofs = setUp()
  for (let second = 0; second < 59; second += 1) {
    proofs.seen({ client: cursor, stage: 'call', at: atSecond(second) })
    await vi.advanceTimersByTimeAsync(1_000)
  }
  expect(proofs.writes()).toBe(1)
  expect(proofs.get(proofs.saved(cursor), cursor).callAt).toBe(atSecond(58))
  await vi.advanceTimersByTimeAsync(2_000)
  expect([proofs.writes(), proofs.saved(cursor)?.callAt]).toEqual([2, atSecond(58)])
})

test('news of another kind, or of another app, does not wait for that minute', async () => {
  const proofs = setUp()
  proofs.seen({ client: cursor, stage: 'call', at: atSecond(0) })
  await vi.advanceTimersByTimeAsync(1_000)
  proofs.seen({ client: cursor, stage: 'call', at: atSecond(1) })
  proofs.seen({ client: claude, stage: 'call', at: atSecond(2) })
  await vi.advanceTimersByTimeAsync(1_000)
  expect(proofs.saved(claude)?.callAt).toBe(atSecond(2))
  proofs.seen({ client: cursor, stage: 'call', at: atSecond(3) })
  proofs.seen({ client: cursor, stage: 'initialize', at: atSecond(4) })
  await vi.advanceTimersByTimeAsync(1_000)
  expect(proofs.saved(cursor)).toEqual({ bridgeAt: null, initializeAt: atSecond(4), callAt: atSecond(3) })
  expect(proofs.writes()).toBe(3)
})
