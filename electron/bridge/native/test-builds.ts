import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildNative, compileBridge, findCompiler } from '../../../build/native.ts'
import { brand } from '../../../shared/brand.ts'

export type Build = { name: string; command: string; args: string[]; env?: (home: string) => Record<string, string> }

const bridgeScript = fileURLToPath(new URL('../../causeway-bridge.ts', import.meta.url))
export const nodeBuild: Build = { name: 'Node', command: process.execPath, args: [bridgeScript] }

const sanitizers = ['-g', '-O1', '-fsanitize=address,undefined', '-fno-sanitize-recover=all', '-fno-omit-frame-pointer']

/** Builds of the native sources in a temp folder of the test's own. */
export async function createBuilds() {
  const found = findCompiler()
  if (!found) throw new Error('These tests need a C compiler (cc, gcc or clang; on Debian: apt install gcc libc6-dev)')
  const compiler = found
  const folder = await mkdtemp(join(tmpdir(), 'native-'))

  /** As `npm run build` makes it. */
  async function release(): Promise<Build> {
    const said = await buildNative(folder)
    if (!said.startsWith('built')) throw new Error(said)
    return { name: 'native', command: join(folder, brand.bridgeCommand), args: [] }
  }
  /** With AddressSanitizer and UndefinedBehaviorSanitizer: what they find ends the program with a report. */
  async function sanitized(main?: string): Promise<Build> {
    const out = join(folder, main ? basename(main, '.c') : 'sanitized')
    const program = main ? { main: join(import.meta.dirname, 'testing', main) } : {}
    const outcome = await compileBridge({ compiler, system: process.platform, out, flags: sanitizers, ...program })
    if (!outcome.ok) throw new Error(outcome.complaint)
    return { name: 'sanitized', command: out, args: [] }
  }
  return { folder, release, sanitized, close: () => rm(folder, { recursive: true, force: true }) }
}
