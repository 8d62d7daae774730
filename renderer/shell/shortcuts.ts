import { useHotkeys } from '@mantine/hooks'
import { Screen } from '../../shared/contract/app.ts'
import { showScreen } from '../stores/view.ts'

/** Ctrl/⌘ and a digit goes to a screen, “/” or Ctrl/⌘+F to the search field of the one shown. */
export function useShortcuts() {
  useHotkeys([
    ...Screen.options.map((screen, index): [string, () => void] => [`mod+${index + 1}`, () => showScreen(screen)]),
    ['/', focusSearch],
  ])
  // The browser's own search finds nothing in a virtual list, so it gives way where there is a search field.
  useHotkeys([['mod+f', (event) => focusSearch() && event.preventDefault(), { preventDefault: false }]], [])
}

function focusSearch() {
  const field = document.querySelector<HTMLInputElement>('[data-search]')
  field?.focus()
  field?.select()
  return field !== null
}
