import { brand } from '../../shared/brand.ts'
import { Screen } from '../../shared/contract/app.ts'

const link = new RegExp(`^${brand.urlScheme}://([a-z]{1,16})/?$`)

/**
 * `causeway://servers` shows a screen, and `causeway://open` the one that was last shown; anyone can send one, so there
 * are no parameters and nothing is done. What is not on the list opens nothing in particular.
 */
export function parseDeepLink(text: string): Screen | null {
  const screen = Screen.safeParse(link.exec(text)?.[1])
  return screen.success ? screen.data : null
}

/** The command line of a second start is anyone's: only its last word that looks like a deep link is looked at. */
export function findDeepLink(argv: readonly string[]): Screen | null {
  const text = argv.findLast((word) => word.startsWith(`${brand.urlScheme}:`))
  return text === undefined ? null : parseDeepLink(text)
}
