import { create } from 'zustand'
import type { VaultState } from '../../shared/contract/vault.ts'
import { api } from '../api.ts'
import { act, createMirror, openMirror } from './mirror.ts'

export const useVault = createMirror<VaultState>()
export const openVault = () => openMirror(useVault, api.vault)

export const retryVault = () => act(useVault, () => api.vault.retry())

/** Whether a passphrase is asked for, to open the vault or to seal it from now on. */
export const usePassphraseDialog = create<{ asking: 'unlock' | 'choose' | null }>(() => ({ asking: null }))
export const askForPassphrase = (asking: 'unlock' | 'choose') => usePassphraseDialog.setState({ asking })
export const closePassphrase = () => usePassphraseDialog.setState({ asking: null })

/** The passphrase goes to the core and stays nowhere in the window. */
export async function givePassphrase(passphrase: string) {
  const { asking } = usePassphraseDialog.getState()
  const given = { passphrase }
  const done = await act(useVault, () =>
    asking === 'choose' ? api.vault.setPassphrase(given) : api.vault.unlock(given),
  )
  if (done) closePassphrase()
  return done
}

/** Whether the person is being asked to give the unreadable vault up. */
export const useReset = create<{ asking: boolean }>(() => ({ asking: false }))
export const askToReset = () => useReset.setState({ asking: true })
export const cancelReset = () => useReset.setState({ asking: false })

export async function startAfresh() {
  await act(useVault, () => api.vault.startAfresh())
  cancelReset()
}
