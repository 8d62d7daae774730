import { create } from 'zustand'
import type { VaultState } from '../../shared/contract/vault.ts'
import { api } from '../api.ts'
import { act, createMirror, openMirror } from './mirror.ts'

export const useVault = createMirror<VaultState>()
export const openVault = () => openMirror(useVault, api.vault)

export const retryVault = () => act(useVault, () => api.vault.retry())

/** Whether the person is being asked to give the unreadable vault up. */
export const useReset = create<{ asking: boolean }>(() => ({ asking: false }))
export const askToReset = () => useReset.setState({ asking: true })
export const cancelReset = () => useReset.setState({ asking: false })

export async function startAfresh() {
  await act(useVault, () => api.vault.startAfresh())
  cancelReset()
}
