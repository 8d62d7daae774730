import { brand } from '../shared/brand.ts'
import { Problem } from '../shared/problems.ts'
import type { Core, CoreOptions } from './core.ts'
import { createHttpCarrier } from './ipc/http-carrier.ts'
import type { Log } from './lib/log.ts'
import { openUrl } from './lib/open-url.ts'
import { onParentGone } from './lib/parent.ts'

type Needs = {
  /** Starts the core; `quit` is what ends it from inside, `openWindow` what shows a window. */
  startCore: (given: Pick<CoreOptions, 'quit' | 'openWindow'>) => Promise<Pick<Core, 'dispatcher' | 'close'>>
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
  async function openWindow(dispatcher: Core['dispatcher'], { folder, port, open }: NonNullable<Needs['window']>) {
    // There is always one unused address on the screen: a browser that was closed has forgotten its session.
    const used = () => print(`For another window: ${carrier.mintAddress()}`)
    const carrier = await createHttpCarrier({ dispatcher, folder, port, used, log })
    const show = (address: string) => openUrl(address, { env, platform })
    openAnother = async () => {
      const address = carrier.mintAddress()
      await show(address)
      return { address }
    }
    const address = carrier.mintAddress()
    print(`${brand.product} runs. Its window: ${address}`)
    if (open && !(await show(address))) print('No browser could be started; open that address in one on this machine.')
    return carrier.close
  }
  let openAnother: CoreOptions['openWindow'] = async () => {
    throw new Problem('app.no-window')
  }

  const end = Promise.withResolvers<void>()
  const stop = () => end.resolve()
  // Once each: a second Ctrl-C ends the process at once.
  for (const signal of signals) process.once(signal, stop)
  onParentGone(env, process.stdin, stop)
  try {
    const core = await startCore({ quit: stop, openWindow: () => openAnother() })
    try {
      const close = window ? await openWindow(core.dispatcher, window) : null
      if (!window) print(`${brand.product} runs.`)
      await end.promise
      await close?.()
    } finally {
      await core.close()
    }
  } finally {
    for (const signal of signals) process.removeListener(signal, stop)
  }
  return 0
}
