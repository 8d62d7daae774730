import { afterEach } from 'vitest'
import { createMemoryCarrier } from '../scenarios/memory-carrier.ts'
import { createMemoryCore, type World } from '../scenarios/memory-core.ts'
import { createWorld } from '../scenarios/world.ts'

/** Puts a core in memory where the stores find it, for one test. */
export function openCore(change?: (world: World) => void) {
  const world = createWorld()
  change?.(world)
  const memory = createMemoryCore(world)
  globalThis.causeway = createMemoryCarrier(memory.core)
  return memory
}

afterEach(() => {
  globalThis.causeway = undefined
})
