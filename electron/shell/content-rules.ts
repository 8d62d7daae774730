import type { Event, Session, WebContents } from 'electron'
import type { Log } from '../lib/log.ts'
import { isWindowUrl } from './window-url.ts'

type Needs = { openLink: (url: string) => void; log: Log }
type Contents = Pick<WebContents, 'on' | 'setWindowOpenHandler'>
type Rights = Pick<
  Session,
  'on' | 'setPermissionRequestHandler' | 'setPermissionCheckHandler' | 'setDevicePermissionHandler'
>

/** Holds for every page there will ever be: it stays on the window's own origin and opens no other window. */
export function applyContentRules(contents: Contents, { openLink, log }: Needs) {
  const stay = (event: Pick<Event, 'preventDefault'>, url: string) => {
    if (isWindowUrl(url)) return
    event.preventDefault()
    log.warn('navigation.refused', { url })
  }
  contents.on('will-navigate', (event) => stay(event, event.url))
  contents.on('will-frame-navigate', (event) => stay(event, event.url))
  contents.on('will-redirect', (event) => stay(event, event.url))
  contents.on('will-attach-webview', (event) => event.preventDefault())
  contents.setWindowOpenHandler(({ url }) => {
    openLink(url)
    return { action: 'deny' }
  })
}

/** No permission for anything: no camera, no location, no clipboard, no devices, no downloads. */
export function applySessionRules(session: Rights) {
  session.setPermissionRequestHandler((_contents, _permission, answer) => answer(false))
  session.setPermissionCheckHandler(() => false)
  session.setDevicePermissionHandler(() => false)
  session.on('will-download', (event) => event.preventDefault())
}
