import { brand } from '../../shared/brand.ts'
import { createFolderSource } from './folder-source.ts'
import { createPlistSource } from './plist-source.ts'
import type { PolicySources } from './reading.ts'
import { createRegistrySource } from './registry-source.ts'

/** Below `HKLM` and `HKCU`. */
export const registryPath = `SOFTWARE\\Policies\\${brand.product}`

/**
 * Where IT's decisions stand on this kind of computer. Nothing of the environment or the person's moves it: a policy
 * that a person could point elsewhere would be none.
 */
export function systemSources({ platform, user }: { platform: NodeJS.Platform; user: () => string }): PolicySources {
  if (platform === 'win32') return createRegistrySource({ path: registryPath })
  if (platform === 'darwin')
    return createPlistSource({ folder: '/Library/Managed Preferences', domain: brand.appId, user: user() })
  return createFolderSource({ folder: `/etc/${brand.slug}` })
}
