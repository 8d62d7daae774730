import { BrowserWindow } from 'electron'
import type { Screen } from '../../shared/contract/app.ts'
import type { Log } from '../lib/log.ts'
import { type WindowFacts, windowOptions } from './window-options.ts'
import { windowOrigin } from './window-url.ts'

type Needs = WindowFacts & {
  /** Whether the app is ending: only then a closed window is really closed. */
  isQuitting: () => boolean
  /** Asks a page that is already there to show a screen. */
  navigate: (screen: Screen) => void
  /** The person closed the window and the app goes on in the tray. */
  hidden: () => void
  log: Log
}

/** The app's one window: made when it is first asked for, hidden rather than closed, made anew when its page crashed. */
export function createWindow({ isQuitting, navigate, hidden, log, ...facts }: Needs) {
  let window: BrowserWindow | null = null

  function open(screen: Screen | null) {
    const opened = new BrowserWindow(windowOptions(facts))
    opened.once('ready-to-show', () => opened.show())
    opened.on('close', (event) => {
      if (isQuitting()) return
      event.preventDefault()
      opened.hide()
      hidden()
    })
    opened.on('closed', () => {
      if (window === opened) window = null
    })
    opened.webContents.on('render-process-gone', (_event, { reason }) => {
      log.error('window.crashed', { reason })
      opened.destroy()
    })
    opened
      .loadURL(`${windowOrigin}/${screen ? `#/${screen}` : ''}`)
      .catch((error) => log.error('window.load-failed', { error }))
    return opened
  }

  function show(screen: Screen | null) {
    if (!window) {
      window = open(screen)
      return
    }
    if (window.isMinimized()) window.restore()
    window.show()
    if (screen) navigate(screen)
  }

  return {
    show,
    /** The page that may speak to the core, while there is one. */
    contents: () => (window && !window.isDestroyed() ? window.webContents : null),
  }
}
