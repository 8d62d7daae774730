import type { Core } from './core.ts'
import { createHttpCarrier } from './ipc/http-carrier.ts'
import type { Log } from './lib/log.ts'
import { openUrl } from './lib/open-url.ts'

type Needs = {
  /** Starts the core; `quit` is what ends it from inside. */
  startCore: (quit: () => void) => Promise<Pick<Core, 'dispatcher' | 'close'>>
  /** The window on loopback, or none. */
  window: { folder: string; port: number; open: boolean } | null
  env: Record<string, string | undefined>
  platform: NodeJS.Platform
  print: (line: string) => void
  log: Log
}
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** The core under plain Node, with the window in a browser where asked for, until a signal or `quit` ends it. */
export async function runHeadless({ startCore, window, env, platform, print, log }: Needs): Promise<number> {
  const end = Promise.withResolvers<void>()
  // Once each: a second Ctrl-C ends the process at once.
  const stop = () => end.resolve()
  for (const signal of signals) process.once(signal, stop)
  const core = await startCore(stop)
  try {
    const carrier = window && (await createHttpCarrier({ dispatcher: core.dispatcher, log, ...window }))
    if (carrier) {
      const address = carrier.mintAddress()
      print(`Causeway runs. Its window: ${address}`)
      if (window.open && !(await openUrl(address, { env, platform })))
        print('No browser could be started; open that address in one on this machine.')
    } else print('Causeway runs.')
    await end.promise
    await carrier?.close()
  } finally {
    for (const signal of signals) process.removeListener(signal, stop)
    await core.close()
  }
  return 0
}
