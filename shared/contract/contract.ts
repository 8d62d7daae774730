import type { ContractApi, ContractClient } from '../ipc.ts'
import { activity } from './activity.ts'
import { app } from './app.ts'
import { auth } from './auth.ts'
import { catalog } from './catalog.ts'
import { clients } from './clients.ts'
import { connections } from './connections.ts'
import { health } from './health.ts'
import { network } from './network.ts'
import { policy } from './policy.ts'
import { settings } from './settings.ts'
import { vault } from './vault.ts'

/** Everything the two sides say to each other. A carrier serves these channels and nothing else. */
export const contract = { app, auth, connections, vault, catalog, health, clients, activity, settings, network, policy }

/** What the core offers. */
export type CoreApi = ContractApi<typeof contract>
/** What a window, the command line or a test holds. */
export type CoreClient = ContractClient<typeof contract>
