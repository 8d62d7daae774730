import { shell } from 'electron'
import type { Log } from '../lib/log.ts'
import { checkUrl } from '../lib/open-url.ts'

/** Opens an address in the person's browser if it passes the gate. Resolves to whether it was opened. */
export async function openExternal(text: string, log: Log): Promise<boolean> {
  const verdict = checkUrl(text)
  if (!verdict.ok) {
    log.warn('link.refused', { url: text, reason: verdict.reason })
    return false
  }
  try {
    await shell.openExternal(verdict.url)
    return true
  } catch (error) {
    log.warn('link.not-opened', { error })
    return false
  }
}

/** Opens a file or folder in the desktop's own program for it; false where there is none. The path is one of ours. */
export const openPath = async (path: string) => (await shell.openPath(path)) === ''
