import { brand } from '../shared/brand.ts'
import type { ProblemData } from '../shared/problems.ts'
import { openPath, quit, useApp } from './stores/app.ts'
import { retryAuth, signIn } from './stores/auth.ts'
import { refreshCatalog } from './stores/catalog.ts'
import { recheckAll } from './stores/health.ts'
import { askForPassphrase, askToReset, retryVault } from './stores/vault.ts'
import { showScreen } from './stores/view.ts'
import { t } from './texts.ts'
import { copyText } from './ui/copy.ts'

/** What the surroundings of a problem know: how to try again here, which file or app it is about. */
export type RemedyContext = {
  onRetry?: (() => unknown) | undefined
  path?: string | undefined
  client?: string | undefined
  server?: string | undefined
}
export type RemedyButton = { label: string; run: () => unknown }

/** The one button beside a problem, or null where there is nothing to press. */
export function findRemedy(
  problem: ProblemData,
  { onRetry, path, client, server }: RemedyContext = {},
): RemedyButton | null {
  const button = (run: () => unknown): RemedyButton => ({ label: t(`remedies.${problem.remedy as 'retry'}`), run })
  switch (problem.remedy) {
    case 'none':
      return null
    case 'retry':
      return button(onRetry ?? retryOf(problem))
    case 'sign-in':
      return button(signIn)
    case 'unlock-keychain':
      return button(retryVault)
    case 'open-file':
      return path === undefined ? button(() => showScreen('apps', client)) : button(() => openPath(path))
    case 'open-activity':
      return button(() => showScreen('activity'))
    case 'open-servers':
      return button(() => showScreen('servers'))
    case 'open-apps':
    case 'repair':
      return button(() => showScreen('apps', client))
    case 'connect':
    case 'enter-key':
      return button(() => showScreen('connections', server))
    case 'enter-passphrase':
      return button(() => askForPassphrase('unlock'))
    case 'restart-app':
      return button(quit)
    case 'set-company':
      return button(() => showScreen('settings'))
    case 'ask-it':
      return button(() => askIt(problem))
    case 'reset-vault':
      return button(askToReset)
    default:
      // Nothing in this window does it; the help desk can be asked about anything.
      return { label: t('remedies.ask-it'), run: () => askIt(problem) }
  }
}

const retryAll = () => Promise.all([recheckAll(), refreshCatalog()])

/** Whom to ask again, by the room that had the problem. */
function retryOf({ code }: ProblemData) {
  if (code.startsWith('auth.')) return retryAuth
  if (code.startsWith('vault.')) return retryVault
  return retryAll
}

/** Puts what a help desk needs on the clipboard and opens the company's help desk, where it named one. */
export async function askIt(problem: ProblemData) {
  await copyText(reportOf(problem), t('remedies.askItCopied'))
  const url = useApp.getState().value?.company?.supportUrl
  if (url) window.open(url, '_blank', 'noopener')
}

/** A problem as text for a help desk. */
export function reportOf({ title, detail, code }: ProblemData) {
  const version = useApp.getState().value?.version ?? '?'
  const time = new Date().toISOString()
  return t('problem.report', { title, detail: detail ?? '', code, product: brand.product, version, time })
}

/** A problem's detail where the name of what it is about stands beside it: that name alone would say nothing. */
export const detailBeside = ({ detail }: ProblemData, name: string | undefined) =>
  detail === name ? undefined : detail
