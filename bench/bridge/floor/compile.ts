import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** One of the C programs of this folder, built into a temp folder; null where there is no C compiler. */
export function compile(name: 'relay' | 'awake') {
  const folder = mkdtempSync(join(tmpdir(), `causeway-${name}-`))
  const remove = () => rmSync(folder, { recursive: true, force: true })
  const program = join(folder, name)
  try {
    execFileSync('cc', ['-O2', '-pthread', '-o', program, join(import.meta.dirname, `${name}.c`)], { stdio: 'ignore' })
  } catch {
    remove()
    return null
  }
  return { folder, program, remove }
}
