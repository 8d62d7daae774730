import type { ClientApp, EntryState } from '../../shared/contract/clients.ts'
import type { ServerId } from '../../shared/ids.ts'
import type { EntryStanding } from './plan.ts'

export type Standing = { server: ServerId; state: EntryStanding; isWanted: boolean }

/** What the window calls an entry, from how it stands in the file and whether the ledger knows it. */
export function toEntryStates(standings: Standing[], isOurs: (server: ServerId) => boolean): EntryState[] {
  const someWanted = standings.some(({ isWanted }) => isWanted)
  return standings.flatMap(({ server, state, isWanted }): EntryState[] => {
    const ours = isOurs(server)
    if (state === 'absent') {
      if (!isWanted) return []
      return [{ server, state: ours ? 'lost' : 'absent' }]
    }
    // Equal to what we would write, and yet not ours: somebody put it there, or the ledger was lost.
    if (!ours) return [{ server, state: 'conflict' }]
    if (state === 'ours') return [{ server, state: isWanted || someWanted ? 'outdated' : 'written' }]
    return [{ server, state: state === 'wanted' ? 'written' : state }]
  })
}

const broken = new Set<EntryState['state']>(['lost', 'drift', 'outdated', 'conflict'])

export function toAppState(
  entries: EntryState[],
  { installed, ours }: { installed: boolean; ours: number },
): ClientApp['state'] {
  if (ours === 0) return installed ? 'not-set-up' : 'not-installed'
  if (entries.some(({ state }) => broken.has(state))) return 'needs-repair'
  return entries.every(({ state }) => state === 'written') ? 'set-up' : 'partly'
}
