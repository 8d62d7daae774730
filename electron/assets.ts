import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import manifest from '../package.json' with { type: 'json' }
import { brand } from '../shared/brand.ts'

/** The files an entry needs beside its own code. They lie elsewhere when Node runs the source unbuilt. */
export type Assets = {
  version: string
  workerUrl: URL
  rendererFolder: string
  /** Script of the Node build of the bridge. */
  bridgeScript: string
  /** The native build of the bridge, where there was a C compiler to make it. */
  bridgeNative: string
  preload: string
  /** Script of `causeway bridge <url>`, which starts without the rest of the command line. */
  connectScript: string
  /** The command line's own script, to start the app again in the background. */
  cliScript: string
  icons: string
}

/** `here` is the `import.meta.url` of an entry: `electron/*.ts`, or a bundle in `dist/<name>/`. */
export function findAssets(here: string): Assets {
  const fromSource = here.endsWith('.ts')
  const root = fileURLToPath(new URL(fromSource ? '..' : '../..', here))
  const built = (name: string, source: string) => join(root, fromSource ? source : `dist/${name}`)
  return {
    version: manifest.version,
    workerUrl: pathToFileURL(built('worker/activity-worker.js', 'electron/activity/activity-worker.ts')),
    rendererFolder: join(root, 'dist/renderer'),
    bridgeScript: built('bridge/causeway-bridge.cjs', 'electron/causeway-bridge.ts'),
    bridgeNative: join(
      root,
      'dist/bin',
      process.platform === 'win32' ? `${brand.bridgeCommand}.exe` : brand.bridgeCommand,
    ),
    connectScript: built('connect/causeway-connect.cjs', 'electron/causeway-connect.ts'),
    preload: join(root, 'dist/preload/preload.cjs'),
    cliScript: built('cli/causeway.js', 'electron/causeway.ts'),
    icons: [join(root, 'dist/icons'), join(root, 'build/icons')].find(existsSync) ?? join(root, 'build/icons'),
  }
}
