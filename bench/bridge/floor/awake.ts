import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpus } from 'node:os'
import { compile } from './compile.ts'

/**
 * Runs `work` while no core of this machine goes to sleep. A core of a virtual machine takes some 50 µs to wake, and a call
 * at a time wakes one for each program it passes through: without this it is mostly the machine that is measured. Nothing
 * is done where there is no C compiler, or a core cannot be held so.
 */
export async function whileAwake(work: () => Promise<void>): Promise<void> {
  const built = compile('awake')
  if (!built) return
  const keepers = cpus().map((_, core) => spawn(built.program, [`${core}`], { stdio: ['ignore', 'pipe', 'ignore'] }))
  try {
    const said = keepers.map((each) => Promise.race([once(each.stdout, 'data'), once(each, 'exit').then(() => null)]))
    if (!(await Promise.all(said)).includes(null)) await work()
  } finally {
    for (const each of keepers) each.kill('SIGKILL')
    built.remove()
  }
}
