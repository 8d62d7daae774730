import type { Host } from '../../shared/contract/clients.ts'
import type { Place } from './place.ts'

/** What kind of machine this is: one with a desktop of its own, or one a person works on from another. */
export function findHost({ env, exists, system, platform }: Place): Host {
  if (env.CODESPACES === 'true') return 'codespace'
  if (env.REMOTE_CONTAINERS === 'true' || env.DEVCONTAINER === 'true') return 'dev-container'
  if (platform === 'linux' && (exists(system('/.dockerenv')) || exists(system('/run/.containerenv'))))
    return 'container'
  if (env.WSL_DISTRO_NAME) return 'wsl'
  return env.SSH_CONNECTION || env.SSH_TTY ? 'ssh' : 'desktop'
}
