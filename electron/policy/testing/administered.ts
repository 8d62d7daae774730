import { cp, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Whether this machine lets a test have an /etc of its own: root on Linux. */
export const canAdminister = process.platform === 'linux' && process.getuid?.() === 0

/**
 * An administrator’s /etc for one test: a copy of this machine’s, which programs started with `around` see in its place
 * (a mount namespace). The product reads the real path, and nobody else’s programs notice.
 */
export async function createAdministered() {
  const folder = await mkdtemp(join(tmpdir(), 'administered-'))
  const etc = join(folder, 'etc')
  await cp('/etc', etc, { recursive: true, verbatimSymlinks: true, preserveTimestamps: true })
  const policies = join(etc, 'causeway')
  await mkdir(join(policies, 'policy.d'), { recursive: true, mode: 0o755 })

  return {
    folder,
    /** The file as the product knows it, and where the test can reach it. */
    source: '/etc/causeway/policy.json',
    path: join(policies, 'policy.json'),
    /** As a management tool does it: a new file under the old name. */
    async write(policy: unknown) {
      const next = join(policies, 'policy.json.new')
      await writeFile(next, typeof policy === 'string' ? policy : JSON.stringify(policy), { mode: 0o644 })
      await rename(next, join(policies, 'policy.json'))
    },
    around: (command: string, ...args: string[]) => ({
      command: 'unshare',
      args: ['-m', '/bin/sh', '-c', 'mount --bind "$0" /etc && exec "$@"', etc, command, ...args],
    }),
    close: () => rm(folder, { recursive: true, force: true }),
  }
}
export type Administered = Awaited<ReturnType<typeof createAdministered>>
