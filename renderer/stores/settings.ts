import type { Settings, SettingsChange } from '../../shared/contract/settings.ts'
import { fromData } from '../../shared/problems.ts'
import { api } from '../api.ts'
import { act, createMirror, openMirror } from './mirror.ts'

export const useSettings = createMirror<Settings>()
/** Also asks what was wrong with the saved settings at the start: it has no event, because it cannot happen later. */
export async function openSettings() {
  const close = await openMirror(useSettings, api.settings)
  await act(useSettings, async () => {
    const problem = await api.settings.problem()
    if (problem) throw fromData(problem)
  })
  return close
}

export const updateSettings = (change: SettingsChange) => act(useSettings, () => api.settings.update(change))
