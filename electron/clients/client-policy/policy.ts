import type { PolicyVerdict } from '../../../shared/contract/clients.ts'
import type { ServerId } from '../../../shared/ids.ts'
import type { Sources } from './sources.ts'

/** What would be written: the command line is what most rules compare. */
export type Candidate = { server: ServerId; command: string; args: string[] }

/** Reads one app's policy and judges what would be written. Null: nobody set one that concerns our entries. */
export type Policy = (sources: Sources, candidates: Candidate[]) => Promise<PolicyVerdict | null>
