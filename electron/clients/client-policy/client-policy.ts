import type { PolicyVerdict } from '../../../shared/contract/clients.ts'
import type { ServerId } from '../../../shared/ids.ts'
import { claudeCode, claudeDesktop } from './claude.ts'
import { codex, gemini, qwen } from './settings-files.ts'
import type { Sources } from './sources.ts'
import { copilot, vscode, windsurf } from './vscode.ts'

/** What would be written: the command line is what most rules compare. */
export type Candidate = { server: ServerId; command: string; args: string[] }
export type Policy = (sources: Sources, candidates: Candidate[]) => Promise<PolicyVerdict | null>

/** The policies that can be read on a machine. Null: nobody set one that concerns our entries. */
export const policies = {
  vscode,
  'claude-code': claudeCode,
  'claude-desktop': claudeDesktop,
  gemini,
  qwen,
  codex,
  copilot,
  windsurf,
} as const satisfies Record<string, Policy>
export type PolicyName = keyof typeof policies
