import type { BrowserWindowConstructorOptions } from 'electron'
import { brand } from '../../shared/brand.ts'

export type WindowFacts = { preload: string; channels: { calls: string[]; events: string[] }; packaged: boolean }

/** The rights of the window, said one by one even where they are Electron's defaults today. */
export const windowOptions = ({ preload, channels, packaged }: WindowFacts): BrowserWindowConstructorOptions => ({
  title: brand.product,
  width: 1120,
  height: 760,
  minWidth: 720,
  minHeight: 480,
  show: false,
  autoHideMenuBar: true,
  webPreferences: {
    preload,
    // The preload learns the contract's channels here, so that it needs none of the contract's code.
    additionalArguments: [`--causeway-calls=${channels.calls.join()}`, `--causeway-events=${channels.events.join()}`],
    nodeIntegration: false,
    nodeIntegrationInWorker: false,
    nodeIntegrationInSubFrames: false,
    contextIsolation: true,
    sandbox: true,
    webviewTag: false,
    spellcheck: false,
    devTools: !packaged,
  },
})
