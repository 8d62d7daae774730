import { IconLock } from '@tabler/icons-react'
import type { PolicyRow } from '../../shared/contract/policy.ts'
import { t } from '../texts.ts'

/** Why a control does not move: who decided, and what is wrong where that cannot be read. */
export function LockNote({ lock }: { lock: PolicyRow }) {
  return (
    <small>
      <IconLock size={13} aria-hidden style={{ verticalAlign: '-2px' }} /> {t('policy.set')}
      {lock.problem && ` ${lock.problem.title} (${lock.problem.detail})`}
    </small>
  )
}
