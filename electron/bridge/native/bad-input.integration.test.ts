import { afterAll } from 'vitest'
import { setBridge } from '../testing/processes.ts'
import { createBuilds } from './test-builds.ts'

// Everything that can be wrong with what is said, on its way through the native build.
const builds = await createBuilds()
afterAll(builds.close)
setBridge(await builds.release())
await import('../bad-input.integration.test.ts')
