import type { IpcRenderer } from 'electron'
import type { Carrier } from '../../shared/ipc.ts'

/**
 * The window's end of the contract: `call` and `on`, for the channels main named on the command line and no others.
 * No Electron object crosses into the page: events are dropped before a listener sees the payload.
 */
export function createPreloadCarrier(
  ipc: Pick<IpcRenderer, 'invoke' | 'on' | 'off'>,
  argv: readonly string[],
): Carrier {
  const listed = (name: string) => {
    const prefix = `--causeway-${name}=`
    return new Set(
      argv
        .findLast((word) => word.startsWith(prefix))
        ?.slice(prefix.length)
        .split(','),
    )
  }
  const calls = listed('calls')
  const events = listed('events')
  const must = (channels: Set<string>, channel: string) => {
    if (typeof channel !== 'string' || !channels.has(channel)) throw new Error(`Unknown channel ${String(channel)}`)
  }
  return {
    async call(channel, input) {
      must(calls, channel)
      return ipc.invoke(channel, input)
    },
    on(channel, listener) {
      must(events, channel)
      const heard = (_event: unknown, payload: unknown) => listener(payload)
      ipc.on(channel, heard)
      return () => {
        ipc.off(channel, heard)
      }
    },
  }
}
