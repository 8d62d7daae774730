import manifest from '../package.json' with { type: 'json' }
import { type OwnHub, runAdHoc } from './bridge/end/run-ad-hoc.ts'
import type { Paths } from './lib/paths.ts'

type OwnHubModule = { startOwnHub: (paths: Paths, toApp: () => boolean) => Promise<OwnHub> }

// Out of a variable, so that it stays a file of its own and costs nothing where the app runs.
const here = import.meta.url
const ownHub = new URL(here.endsWith('.ts') ? './own-hub.ts' : '../own-hub/own-hub.js', here).href
const startOwnHub = (paths: Paths, toApp: () => boolean) =>
  import(ownHub).then((module: OwnHubModule) => module.startOwnHub(paths, toApp))

// `causeway bridge <url>`, whichever way it was started, with or without its first word.
const args = process.argv.slice(2)
runAdHoc({ args: args[0] === 'bridge' ? args.slice(1) : args, version: manifest.version, startOwnHub })
