import { create } from 'zustand'
import type { ConnectionState } from '../http-carrier.ts'

type State = {
  state: ConnectionState /** Grows with each new connection: everything is asked for again. */
  generation: number
}

/** Whether the core can be reached. In the app it always can: `connected` from the start. */
export const useConnection = create<State>(() => ({
  state: globalThis.causeway ? 'connected' : 'connecting',
  generation: 0,
}))

export const setConnection = (state: ConnectionState) =>
  useConnection.setState((before) => ({
    state,
    generation: before.generation + (state === 'connected' && before.state === 'lost' ? 1 : 0),
  }))
