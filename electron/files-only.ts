import { createClient } from '../shared/client.ts'
import { contract } from '../shared/contract/contract.ts'
import type { Connection } from './cli/session.ts'
import { createClients } from './clients/clients.ts'
import { readProcesses } from './clients/processes.ts'
import { createDispatcher } from './ipc/dispatcher.ts'
import { createMapCarrier } from './ipc/map-carrier.ts'
import type { Log } from './lib/log.ts'
import type { Paths } from './lib/paths.ts'

type Needs = {
  paths: Paths
  env: Record<string, string | undefined>
  platform: NodeJS.Platform
  version: string
  log: Log
}

/**
 * The clients room by itself, for an uninstaller: it gives files back with no keychain, no network and no hub. It knows
 * no servers, so it writes nothing new.
 */
export function openFilesOnly({ paths, env, platform, version, log }: Needs): Connection {
  const clients = createClients({
    home: paths.home,
    ...{ env, platform, version },
    folder: paths.clients,
    servers: () => [],
    serversChanged: () => () => {},
    entryFor: () => ({ command: '', args: [], env: {} }),
    passive: true,
    repairPolicy: () => 'off',
    processes: () => readProcesses(platform),
    now: () => new Date(),
    log: log.child('clients'),
  })
  const dispatcher = createDispatcher({ clients: contract.clients }, { clients }, log.child('ipc'))
  const ended = new Promise<void>(() => {})
  return { api: createClient(contract, createMapCarrier(dispatcher)), running: false, ended, close: clients.close }
}
