import manifest from '../package.json' with { type: 'json' }
import { runBridge } from './bridge/end/run-bridge.ts'

runBridge(manifest.version)
