import { spawn, spawnSync } from 'node:child_process'
import { mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import manifest from '../package.json' with { type: 'json' }
import { brand } from '../shared/brand.ts'

/** What the native bridge is made of (electron/bridge/native/README.md). */
export const nativeSources = join(import.meta.dirname, '../electron/bridge/native')

const warnings = ['-Wall', '-Wextra', '-Wpedantic', '-Wconversion', '-Wshadow', '-Werror']
const names = {
  PRODUCT: brand.product,
  SLUG: brand.slug,
  BRIDGE_COMMAND: brand.bridgeCommand,
  VERSION: manifest.version,
}
const dialect = ['-std=c11', ...warnings, ...Object.entries(names).map(([name, text]) => `-D${name}="${text}"`)]
const small = ['-Os', '-ffunction-sections', '-fdata-sections']
const guarded = ['-fstack-protector-strong', '-U_FORTIFY_SOURCE', '-D_FORTIFY_SOURCE=2']

/**
 * Ways to build for a system, best first. On Linux the executable brings its library, so that one file runs on every
 * distribution; some do not have that library to link. On macOS one file holds both processors where the SDK does.
 */
export const waysFor = (system: NodeJS.Platform): string[][] => {
  const linux = [...small, ...guarded, '-fPIE', '-s', '-Wl,--gc-sections', '-Wl,-z,relro,-z,now']
  const mac = [...small, ...guarded, '-Wl,-dead_strip']
  if (system === 'win32') return [['-Os', '-static', '-s']]
  if (system === 'darwin') return [[...mac, '-arch', 'arm64', '-arch', 'x86_64'], mac]
  return [
    [...linux, '-static-pie'],
    [...linux, '-pie'],
  ]
}

type Compile = { compiler: string; system: NodeJS.Platform; out: string; flags: string[]; main?: string }
type Outcome = { ok: true } | { ok: false; complaint: string }

/** Compiles the bridge, or another program around its parts (`main`, in place of main.c). */
export async function compileBridge({ compiler, system, out, flags, main }: Compile): Promise<Outcome> {
  const elsewhere = system === 'win32' ? 'posix.c' : 'windows.c'
  const parts = (await readdir(nativeSources)).filter((name) => name.endsWith('.c') && name !== elsewhere)
  const sources = parts.filter((name) => !main || name !== 'main.c').map((name) => join(nativeSources, name))
  const libraries = system === 'win32' ? ['-lbcrypt'] : []
  const own = main ? [`-I${nativeSources}`, main] : []
  return run(compiler, [...dialect, ...flags, '-o', out, ...own, ...sources, ...libraries])
}

function run(command: string, args: string[]): Promise<Outcome> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'] })
    let complaint = ''
    child.stderr.on('data', (part) => {
      complaint += part
    })
    child.on('error', (error) => resolve({ ok: false, complaint: error.message }))
    child.on('close', (code) => resolve(code === 0 ? { ok: true } : { ok: false, complaint }))
  })
}

/** The first C compiler that answers; `CC` says which to take. */
export function findCompiler(candidates = [process.env.CC, 'cc', 'gcc', 'clang']): string | null {
  const answers = (name: string) => spawnSync(name, ['--version'], { stdio: 'ignore' }).status === 0
  return candidates.find((name) => name && answers(name)) ?? null
}

/** Builds the native bridge into a folder, where there is a compiler. Returns what to tell whoever builds. */
export async function buildNative(folder: string): Promise<string> {
  const compiler = findCompiler()
  if (!compiler) return 'no C compiler found: the bridge is the Node build'
  const system = process.platform
  const out = join(folder, system === 'win32' ? `${brand.bridgeCommand}.exe` : brand.bridgeCommand)
  await mkdir(folder, { recursive: true })
  let complaint = ''
  for (const flags of waysFor(system)) {
    const outcome = await compileBridge({ compiler, system, out, flags })
    if (outcome.ok) return `built the native bridge with ${compiler}`
    complaint = outcome.complaint
  }
  return `${compiler} could not build the native bridge, so it is the Node build:\n${complaint}`
}
