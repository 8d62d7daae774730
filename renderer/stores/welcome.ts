import { create } from 'zustand'
import type { AppInfo } from '../../shared/contract/app.ts'
import type { AuthState } from '../../shared/contract/auth.ts'
import type { Settings } from '../../shared/contract/settings.ts'
import { useApp } from './app.ts'
import { useAuth } from './auth.ts'
import type { Mirror } from './mirror.ts'
import { updateSettings, useSettings } from './settings.ts'

export type Step = 'company' | 'sign-in' | 'apps' | 'done'
type Known = { app: AppInfo | null; auth: AuthState | null; settings: Settings | null; appsDone: boolean }

/** Whether the person has gone past the apps in this first run. */
const usePassed = create<{ appsDone: boolean }>(() => ({ appsDone: false }))
export const passApps = () => usePassed.setState({ appsDone: true })

/** The step of the first run that comes next, or null where the first run is over. */
export function toStep({ app, auth, settings, appsDone }: Known): Step | null {
  if (!app || !auth || !settings || settings.welcomeDone) return null
  if (!app.company) return 'company'
  if (auth.state === 'signed-out' || auth.state === 'signing-in' || auth.state === 'needs-sign-in') return 'sign-in'
  return appsDone ? 'done' : 'apps'
}

export function useWelcome() {
  const app = useApp(({ value }) => value)
  const auth = useAuth(({ value }) => value)
  const settings = useSettings(({ value }) => value)
  const appsDone = usePassed((state) => state.appsDone)
  return toStep({ app, auth, settings, appsDone })
}

/** Whether it is not known yet if this is a first run. A room that fails counts as an answer: its screen says so. */
export const isStarting = (known: { settings: boolean; app: boolean; auth: boolean; welcomeDone: boolean }) =>
  !known.settings || (!known.welcomeDone && !(known.app && known.auth))

export function useStarting() {
  const settings = useSettings(isAnswered)
  const app = useApp(isAnswered)
  const auth = useAuth(isAnswered)
  const welcomeDone = useSettings(({ value }) => value?.welcomeDone ?? true)
  return isStarting({ settings, app, auth, welcomeDone })
}

const isAnswered = ({ value, problem }: Mirror<unknown>) => value !== null || problem !== null

/** The first run is over, or skipped: it is not shown again. */
export const endWelcome = () => updateSettings({ welcomeDone: true })
