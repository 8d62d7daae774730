import { afterAll } from 'vitest'
import { setBridge } from '../testing/processes.ts'
import { createBuilds } from './test-builds.ts'

// Everything that is promised of the bridge between a real client and a real hub, asked of the native build.
const builds = await createBuilds()
afterAll(builds.close)
setBridge(await builds.release())
await import('../bridge.integration.test.ts')
await import('../real-servers.integration.test.ts')
