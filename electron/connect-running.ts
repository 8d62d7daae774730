import { createClient } from '../shared/client.ts'
import { contract } from '../shared/contract/contract.ts'
import { connectControl } from './bridge/end/control.ts'
import type { Connection } from './cli/session.ts'
import { createControlCarrier } from './ipc/control-carrier.ts'
import type { Paths } from './lib/paths.ts'

/** The app that runs for this person, or null. */
export async function connectRunning({
  paths,
  version,
}: {
  paths: Paths
  version: string
}): Promise<Connection | null> {
  const control = await connectControl({ runFolder: paths.run, version })
  if (!control) return null
  const carrier = createControlCarrier(control)
  return {
    api: createClient(contract, carrier),
    running: true,
    ended: carrier.ended,
    close: async () => carrier.close(),
  }
}
