import type { PolicyRow, PolicyState } from '../../shared/contract/policy.ts'
import { api } from '../api.ts'
import { createMirror, openMirror } from './mirror.ts'

export const usePolicy = createMirror<PolicyState>()
export const openPolicy = () => openMirror(usePolicy, api.policy)

/** What IT decided about a choice; undefined where it is the person’s. */
export const useLock = (key: string): PolicyRow | undefined =>
  usePolicy(({ value }) => value?.rows.find((row) => row.key === key && row.locked))
