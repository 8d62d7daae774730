import { brand } from '../../shared/brand.ts'
import type { AppInfo, Screen } from '../../shared/contract/app.ts'
import { Problem, type ProblemData } from '../../shared/problems.ts'
import type { CompanyDocument } from '../../shared/server-config.ts'
import { createSignal } from '../lib/signal.ts'

type Company = { address: string; document: CompanyDocument }
type Needs = {
  version: string
  mode: AppInfo['mode']
  dataFolder: string
  startedAt: Date
  company: () => Company | null
  companyProblem: () => ProblemData | null
  joinCompany: (address: string) => Promise<void>
  /** Paths the app itself has named to the person; nothing else is ever opened. */
  knownPaths: () => Promise<string[]>
  /** False where no program could be started for it. */
  openPath: (path: string) => Promise<boolean>
  diagnostics: () => Promise<string>
  /** Shows the window; the address that opens it once, where it is one in the browser. Throws app.no-window. */
  openWindow: () => Promise<{ address: string | null }>
  quit: () => void
}

/** What the app says of itself, and the few things it does for a window: join a company, open a file of ours, end. */
export function createApp(needs: Needs) {
  const changed = createSignal<AppInfo>()
  const navigate = createSignal<{ screen: Screen }>()

  const snapshot = (): AppInfo => {
    const company = needs.company()
    return {
      product: brand.product,
      version: needs.version,
      mode: needs.mode,
      pid: process.pid,
      startedAt: needs.startedAt.toISOString(),
      dataFolder: needs.dataFolder,
      company: company && {
        name: company.document.name,
        address: company.address,
        deviceCode: company.document.sso.deviceCodeFallback,
        ...(company.document.supportUrl === undefined ? {} : { supportUrl: company.document.supportUrl }),
      },
      problem: needs.companyProblem(),
    }
  }

  return {
    snapshot,
    changed: changed.on,
    navigate: navigate.on,
    /** The tray or a deep link asks every window to show a screen. */
    show: (screen: Screen) => navigate.emit({ screen }),
    tell: () => changed.emit(snapshot()),
    async setCompany({ address }: { address: string }) {
      await needs.joinCompany(address)
      return snapshot()
    },
    async openPath({ path }: { path: string }) {
      if (!(await needs.knownPaths()).includes(path))
        throw new Problem('ipc.forbidden', 'only files this app has named are opened')
      if (!(await needs.openPath(path))) throw new Problem('app.cannot-open', path)
    },
    diagnostics: needs.diagnostics,
    open: needs.openWindow,
    quit: () => {
      // After the answer has crossed: the asker should learn that it worked.
      setTimeout(needs.quit, 50)
    },
  }
}
