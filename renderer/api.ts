import { createClient } from '../shared/client.ts'
import { contract } from '../shared/contract/contract.ts'
import type { Carrier } from '../shared/ipc.ts'
import { getCarrier } from './carrier.ts'

// Found at the first use, not at import: a preload, a scenario or a test puts its carrier there first.
const carrier: Carrier = {
  call: (channel, input) => getCarrier().call(channel, input),
  on: (channel, listener) => getCarrier().on(channel, listener),
}

/** The core, as typed functions. */
export const api = createClient(contract, carrier)
