import type { Screen } from '../../shared/contract/app.ts'
import type { ClientApp } from '../../shared/contract/clients.ts'
import { useClients } from './clients.ts'
import { useConnections, wantsPerson } from './connections.ts'
import { useHealth } from './health.ts'

type Badges = Partial<Record<Screen, number>>

/** How many things on a screen wait for the person. */
export function useBadges(): Badges {
  const needs = useHealth(({ value }) => value?.needs)
  const clients = useClients(({ value }) => value)
  const connections = useConnections(({ value }) => value)
  return {
    home: needs?.length ?? 0,
    servers: needs?.filter(({ server }) => server !== null).length ?? 0,
    // The company’s own sign-in has a banner and a screen of its own.
    connections: connections?.filter((one) => one.kind !== 'sso' && wantsPerson(one)).length ?? 0,
    apps: clients?.filter(wantsHand).length ?? 0,
  }
}

/** What was set up once and no longer is. An app nobody set up waits for nobody. */
const wantsHand = ({ state, toFinish, waiting }: ClientApp) =>
  state === 'needs-repair' || state === 'unreadable' || toFinish !== null || Boolean(waiting?.problem)
