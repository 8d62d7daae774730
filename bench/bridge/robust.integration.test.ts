import { existsSync } from 'node:fs'
import { describe, expect, test, vi } from 'vitest'
import { ourBridges } from './bridges.ts'
import { ours } from './candidates.ts'
import { playCell } from './cell.ts'
import { scenarios } from './scenarios.ts'

// Whatever breaks, our bridges carry on: the table of `npm run robust`, over every transport, for every build there is.
vi.setConfig({ testTimeout: 120_000, maxConcurrency: 3 })

test('the bridges are built, or this table would be empty', () => {
  expect(existsSync(ourBridges.node), 'run npm run build first').toBe(true)
})

// Alone it is the same hub in the same process: one transport is enough here, `npm run robust` plays all of them.
const pairs = ours().flatMap((candidate) =>
  (candidate.hasHub ? candidate.transports : ['http' as const]).map((transport) => ({ candidate, transport })),
)
describe.each(pairs)('$candidate.name over $transport', ({ candidate, transport }) => {
  test.concurrent.each(Object.entries(scenarios))('%s', async (_, play) => {
    expect(await playCell(candidate, transport, play)).not.toMatchObject({ ok: false })
  })
})
