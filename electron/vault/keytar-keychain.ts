import { createHash } from 'node:crypto'
import { resolve } from 'node:path'
import { brand } from '../../shared/brand.ts'
import { type Keychain, type KeychainAnswer, keyBytes } from './keychain.ts'

/** The part of keytar that is safe to call: `findCredentials` can crash the process on Linux. */
type Keytar = {
  getPassword: (service: string, account: string) => Promise<string | null>
  setPassword: (service: string, account: string, password: string) => Promise<void>
  deletePassword: (service: string, account: string) => Promise<boolean>
}

type Needs = { folder: string; platform?: NodeJS.Platform; load?: () => Promise<Keytar> }

/** The OS keychain, one entry per data folder. The native module is loaded at the first question, never before. */
export function createKeytarKeychain({ folder, platform = process.platform, load = loadKeytar }: Needs): Keychain {
  const service = brand.product
  const account = `vault-${createHash('sha256').update(resolve(folder)).digest('hex').slice(0, 16)}`

  async function get(): Promise<KeychainAnswer> {
    try {
      const stored = await (await load()).getPassword(service, account)
      // keytar answers null for a locked keyring too: whether this is “absent” is for the vault to say, which knows its file.
      if (stored === null) return { state: 'absent', reason: 'The keychain gave no key.' }
      const key = Buffer.from(stored, 'base64')
      if (key.length === keyBytes) return { state: 'ok', key }
      return { state: 'locked-or-lost', reason: 'The entry in the keychain is not a key of this app.' }
    } catch (error) {
      return toAnswer(error, platform)
    }
  }
  return {
    name: `keytar/${platform}`,
    get,
    put: async (key) => (await load()).setPassword(service, account, key.toString('base64')),
    delete: async () => {
      await (await load()).deletePassword(service, account)
    },
  }
}

const loadKeytar = async (): Promise<Keytar> => (await import('keytar')).default

/** What macOS and the Secret Service say when the person did not unlock (keytar passes only their text on). */
const notUnlocked = /lock|cancel|dismiss|interaction|passphrase|denied/i

function toAnswer(error: unknown, platform: NodeJS.Platform): KeychainAnswer {
  const text = error instanceof Error ? error.message : String(error)
  // libsecret keeps to the daemon it first met: one that was restarted is out of reach until this process ends.
  if (/The name :\d/.test(text))
    return { state: 'locked-or-lost', reason: 'The keychain was restarted: quit the app and start it again.' }
  if (notUnlocked.test(text)) return { state: 'locked-or-lost', reason: text }
  const help = platform === 'linux' ? ` ${linuxHelp}` : ''
  return { state: 'unavailable', reason: `${text.replace(/\.?$/, '.')}${help}` }
}

const linuxHelp =
  'Install gnome-keyring and libsecret (Debian and Ubuntu: sudo apt install gnome-keyring libsecret-1-0) or KWallet, then log in to the desktop again.'
