import type { AppInfo } from '../../shared/contract/app.ts'
import { api } from '../api.ts'
import { act, createMirror, openMirror } from './mirror.ts'
import { showScreen } from './view.ts'

export const useApp = createMirror<AppInfo>()

export async function openApp() {
  const stopNavigation = api.app.navigate(({ screen }) => showScreen(screen))
  const close = await openMirror(useApp, api.app)
  return () => {
    stopNavigation()
    close()
  }
}

export const setCompany = (address: string) => act(useApp, () => api.app.setCompany({ address }))
export const openPath = (path: string) => act(useApp, () => api.app.openPath({ path }))
export const quit = () => act(useApp, () => api.app.quit())
