import { ClientId } from '../../shared/ids.ts'
import { Problem } from '../../shared/problems.ts'
import type { AppRow } from './app-row.ts'
import { amazonQ, amp, boltAi, codex, factory, goose, lmStudio, opencode, warp, xcodeCodex } from './apps/agents.ts'
import { claudeCode, claudeDesktop, xcodeClaude } from './apps/claude.ts'
import { cline } from './apps/cline.ts'
import { continueDev, cursor, junie, kiro, trae, windsurf, windsurfPlugin, zed } from './apps/editors.ts'
import { copilotCli, copilotJetBrains, copilotXcode, visualStudio } from './apps/github.ts'
import { antigravity, geminiCli, qwenCode } from './apps/google.ts'
import { vscode, vscodeInsiders, vscodeServer, vscodium, vscodiumInsiders } from './apps/vscode.ts'
import type { Place } from './place.ts'
import { type Distribution, rowsOf } from './wsl.ts'

/** Every AI client this product sets up, in the order people see them. */
export const apps: readonly AppRow[] = [
  vscode,
  claudeDesktop,
  claudeCode,
  cursor,
  codex,
  copilotCli,
  windsurf,
  geminiCli,
  antigravity,
  zed,
  goose,
  opencode,
  cline,
  copilotJetBrains,
  junie,
  visualStudio,
  kiro,
  lmStudio,
  amp,
  warp,
  factory,
  qwenCode,
  trae,
  vscodeInsiders,
  vscodium,
  vscodiumInsiders,
  vscodeServer,
  amazonQ,
  continueDev,
  windsurfPlugin,
  copilotXcode,
  xcodeClaude,
  xcodeCodex,
  boltAi,
]

/** An app on this machine, with the file its servers belong into. */
export type App = { row: AppRow; id: ClientId; path: string }

/** The apps that can exist here. Read anew each time: an app may move its file, or get another profile. */
export const listApps = (place: Place, distributions: readonly Distribution[] = []): App[] =>
  [
    ...apps.flatMap((row) => [row, ...(row.variants?.(place) ?? [])]),
    ...distributions.flatMap((one) => rowsOf(one, place)),
  ].flatMap((row) => {
    const path = row.configPath(place)
    return path === null ? [] : [{ row, id: ClientId.parse(row.id), path }]
  })

export function getApp(place: Place, client: ClientId, distributions: readonly Distribution[] = []): App {
  const app = listApps(place, distributions).find(({ id }) => id === client)
  if (app) return app
  throw new Problem(apps.some(({ id }) => id === client) ? 'clients.unsupported' : 'clients.unknown', client)
}
