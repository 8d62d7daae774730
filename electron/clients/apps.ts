import type { AppRow } from './app-row.ts'
import { amp, boltAi, codex, factory, goose, lmStudio, opencode, warp, xcodeCodex } from './apps/agents.ts'
import { claudeCode, claudeDesktop, xcodeClaude } from './apps/claude.ts'
import { cline, continueDev, cursor, junie, kiro, trae, windsurf, windsurfPlugin, zed } from './apps/editors.ts'
import { copilotCli, copilotJetBrains, copilotXcode, visualStudio } from './apps/github.ts'
import { antigravity, geminiCli, qwenCode } from './apps/google.ts'
import { vscode, vscodeInsiders, vscodium } from './apps/vscode.ts'

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
  continueDev,
  windsurfPlugin,
  copilotXcode,
  xcodeClaude,
  xcodeCodex,
  boltAi,
]
