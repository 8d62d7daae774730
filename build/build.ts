import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { build, type InlineConfig } from 'vite'
import { asciiOnly, withoutSchemas } from './lean.ts'
import { buildNative } from './native.ts'

const root = join(import.meta.dirname, '..')

// CommonJS packages in an ES bundle still ask for their own name (pino).
const banner = 'const __filename = import.meta.filename, __dirname = import.meta.dirname;'

type Bundle = { name: string; entry: string; format: 'es' | 'cjs' }

/** Everything is bundled but what cannot be: Electron's own module, and the native ones for keychain and registry. */
const external = ['electron', 'keytar', 'native-reg']

const bundles: Bundle[] = [
  { name: 'main/main', entry: 'electron/main.ts', format: 'es' },
  // A sandboxed preload must be one CommonJS file (Electron docs, “ES modules”).
  { name: 'preload/preload', entry: 'electron/preload.ts', format: 'cjs' },
  { name: 'cli/causeway', entry: 'electron/causeway.ts', format: 'es' },
  // CommonJS, because it starts some milliseconds sooner, and every tool call waits for it once.
  { name: 'bridge/causeway-bridge', entry: 'electron/causeway-bridge.ts', format: 'cjs' },
  { name: 'connect/causeway-connect', entry: 'electron/causeway-connect.ts', format: 'cjs' },
  { name: 'own-hub/own-hub', entry: 'electron/own-hub.ts', format: 'es' },
  { name: 'worker/activity-worker', entry: 'electron/activity/activity-worker.ts', format: 'es' },
]

function toConfig({ name, entry, format }: Bundle): InlineConfig {
  const [folder = '', file] = name.split('/')
  return {
    root,
    configFile: false,
    logLevel: 'warn',
    plugins: [withoutSchemas, asciiOnly],
    ssr: { noExternal: true, external, target: 'node' },
    build: {
      ssr: join(root, entry),
      outDir: join(root, 'dist', folder),
      emptyOutDir: true,
      target: 'node24',
      rolldownOptions: {
        external,
        output: {
          format,
          entryFileNames: `${file}.${format === 'cjs' ? 'cjs' : 'js'}`,
          codeSplitting: format === 'es',
          chunkFileNames: '[name]-[hash].js',
          // Names stay, for readable stacks in a log; blanks and comments go, because each start parses the whole bundle.
          minify: { mangle: false, compress: false, codegen: true },
          charset: 'ascii',
          ...(format === 'es' ? { banner } : {}),
        },
      },
    },
  }
}

const started = Date.now()
await rm(join(root, 'dist'), { recursive: true, force: true })
const native = buildNative(join(root, 'dist/bin'))
await Promise.all(bundles.map((bundle) => build(toConfig(bundle))))
await build({ configFile: join(root, 'renderer/vite.config.ts'), logLevel: 'warn' })
console.log(`built ${bundles.map(({ name }) => name).join(', ')} and renderer in ${Date.now() - started} ms`)
console.log(await native)
