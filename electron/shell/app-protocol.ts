import { protocol } from 'electron'
import { createWebFiles } from '../lib/web-files.ts'
import { createWindowFiles } from './window-files.ts'
import { windowScheme } from './window-url.ts'

/** Before `ready`: an origin of its own, so that `'self'` in the content policy means the bundle and nothing else. */
export function registerScheme() {
  const privileges = { standard: true, secure: true, supportFetchAPI: true }
  protocol.registerSchemesAsPrivileged([{ scheme: windowScheme, privileges }])
}

export function serveWindow(folder: string) {
  protocol.handle(windowScheme, createWindowFiles(createWebFiles({ folder, connect: "'none'" })))
}
