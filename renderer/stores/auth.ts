import type { AuthState } from '../../shared/contract/auth.ts'
import { api } from '../api.ts'
import { act, createMirror, openMirror } from './mirror.ts'

export const useAuth = createMirror<AuthState>()
export const openAuth = () => openMirror(useAuth, api.auth)

export const signIn = () => act(useAuth, () => api.auth.signIn())
export const signInWithDevice = () => act(useAuth, () => api.auth.signInWithDevice())
export const retryAuth = () => act(useAuth, () => api.auth.retry())
export const cancelSignIn = () => act(useAuth, () => api.auth.cancelSignIn())
export const signOut = () => act(useAuth, () => api.auth.signOut())
export const signOutOfBrowser = () => act(useAuth, () => api.auth.signOutOfBrowser())
export const switchAccount = () => act(useAuth, () => api.auth.switchAccount())

/** The account at hand, in every state that has one. */
export const findAccount = (auth: AuthState | null) => (auth && 'account' in auth ? auth.account : null)
