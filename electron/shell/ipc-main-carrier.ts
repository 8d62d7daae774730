import type { IpcMain, IpcMainInvokeEvent, WebContents } from 'electron'
import type { Answer } from '../../shared/ipc.ts'
import { Problem } from '../../shared/problems.ts'
import type { Log } from '../lib/log.ts'
import { windowOrigin } from './window-url.ts'

/** What `ipc/dispatcher.ts` makes. */
export type Serve = {
  channels: { calls: string[]; events: string[] }
  call: (channel: string, input: unknown) => Promise<Answer>
  subscribe: (listener: (channel: string, payload: unknown) => void) => () => void
}
type Needs = {
  ipcMain: Pick<IpcMain, 'handle' | 'removeHandler' | 'removeAllListeners'>
  serve: Serve
  /** The window's page, the only one that is answered. */
  contents: () => Pick<WebContents, 'id' | 'send' | 'isDestroyed'> | null
  log: Log
}

/** The contract over Electron's IPC. A message counts only from the top frame of our own window, on our own origin. */
export function serveIpcMain({ ipcMain, serve, contents, log }: Needs) {
  // Whatever a package registered for itself (electron-store does) is not part of the contract.
  ipcMain.removeAllListeners()

  const findRefusal = ({ sender, senderFrame }: IpcMainInvokeEvent) => {
    const own = contents()
    if (!own || sender.id !== own.id) return 'another page'
    if (!senderFrame || senderFrame.parent !== null) return 'not the top frame'
    return senderFrame.origin === windowOrigin ? null : 'another origin'
  }
  const handle = (channel: string) =>
    ipcMain.handle(channel, (event, input: unknown): Promise<Answer> | Answer => {
      const refusal = findRefusal(event)
      if (refusal === null) return serve.call(channel, input)
      log.warn('message.refused', { channel, reason: refusal })
      return { ok: false, problem: new Problem('ipc.forbidden', refusal).data }
    })

  for (const channel of serve.channels.calls) handle(channel)
  const unsubscribe = serve.subscribe((channel, payload) => {
    const own = contents()
    if (own && !own.isDestroyed()) own.send(channel, payload)
  })
  return () => {
    unsubscribe()
    for (const channel of serve.channels.calls) ipcMain.removeHandler(channel)
  }
}
