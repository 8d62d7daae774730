import { z } from 'zod'
import { call, event } from '../ipc.ts'
import { ProblemData } from '../problems.ts'

export const Screen = z.enum(['home', 'servers', 'apps', 'activity', 'connections', 'account', 'settings', 'help'])
export type Screen = z.infer<typeof Screen>

export const AppInfo = z.object({
  product: z.string(),
  version: z.string(),
  /** `desktop` runs in Electron, `headless` under plain Node. */
  mode: z.enum(['desktop', 'headless']),
  pid: z.number().int(),
  startedAt: z.iso.datetime(),
  dataFolder: z.string(),
  company: z
    .object({
      name: z.string(),
      address: z.string(),
      supportUrl: z.string().optional(),
      /** Whether a sign-in with a code on another device may be tried. */
      deviceCode: z.boolean(),
    })
    .nullable(),
  /** Why the company could not be read, where that is so. */
  problem: ProblemData.nullable(),
})
export type AppInfo = z.infer<typeof AppInfo>

export const app = {
  snapshot: call(z.void(), AppInfo),
  changed: event(AppInfo),
  /** Joins the company at this address (`https://host[/path]`). Throws app.company-*. */
  setCompany: call(z.object({ address: z.string().max(2048) }), AppInfo),
  /** Opens a file or folder the app itself named (a client's config, the log folder) in the desktop's editor. */
  openPath: call(z.object({ path: z.string().max(4096) }), z.void()),
  /** Versions, health, config paths: redacted text for a help desk. */
  diagnostics: call(z.void(), z.string()),
  /** The tray asks every window to show a screen. */
  navigate: event(z.object({ screen: Screen })),
  /**
   * Shows the window: the desktop app's own, or headless one in the browser, by an address that opens it once. Throws
   * app.no-window.
   */
  open: call(z.void(), z.object({ address: z.string().nullable() })),
  quit: call(z.void(), z.void()),
}
