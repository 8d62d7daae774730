import type { Answer, Carrier } from '../../shared/ipc.ts'
import type { Dispatcher } from './dispatcher.ts'

/** Both ends in one process, for tests. Values cross as JSON, as they do on the narrowest real carrier. */
export function createMapCarrier(dispatcher: Dispatcher): Carrier {
  return {
    call: async (channel, input) => copy(await dispatcher.call(channel, copy(input))) as Answer,
    on: (channel, listener) =>
      dispatcher.subscribe((said, payload) => {
        if (said === channel) listener(copy(payload))
      }),
  }
}

const copy = (value: unknown): unknown => (value === undefined ? undefined : JSON.parse(JSON.stringify(value)))
