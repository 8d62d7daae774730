import { claudeCode, claudeDesktop } from './claude.ts'
import type { Policy } from './policy.ts'
import { codex, gemini, qwen } from './settings-files.ts'
import { copilot, cursor, vscode, windsurf } from './vscode.ts'

/** The policies that can be read on a machine. */
export const policies = {
  vscode,
  'claude-code': claudeCode,
  'claude-desktop': claudeDesktop,
  gemini,
  qwen,
  codex,
  copilot,
  cursor,
  windsurf,
} as const satisfies Record<string, Policy>
export type PolicyName = keyof typeof policies
