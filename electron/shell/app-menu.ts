import type { MenuItemConstructorOptions } from 'electron'
import { brand } from '../../shared/brand.ts'
import { en } from '../../shared/texts/en.ts'

type Needs = { platform: NodeJS.Platform; packaged: boolean; quit: () => void }

/** The window's own menu: editing, zoom, window, quit. Developer tools only where the app is not packaged. */
export function appMenu({ platform, packaged, quit }: Needs): MenuItemConstructorOptions[] {
  const quitItem: MenuItemConstructorOptions = {
    id: 'menu-quit',
    label: en.tray.quit,
    accelerator: 'CmdOrCtrl+Q',
    click: quit,
  }
  const first: MenuItemConstructorOptions =
    platform === 'darwin'
      ? {
          label: brand.product,
          submenu: [
            { role: 'about' },
            { type: 'separator' },
            { role: 'hide' },
            { role: 'hideOthers' },
            { role: 'unhide' },
            { type: 'separator' },
            quitItem,
          ],
        }
      : { role: 'fileMenu', submenu: [{ role: 'close' }, quitItem] }
  const tools: MenuItemConstructorOptions[] = packaged ? [] : [{ type: 'separator' }, { role: 'toggleDevTools' }]
  return [
    first,
    { role: 'editMenu' },
    {
      role: 'viewMenu',
      submenu: [
        { role: 'resetZoom' },
        { role: 'zoomIn' },
        { role: 'zoomOut' },
        { type: 'separator' },
        { role: 'togglefullscreen' },
        ...tools,
      ],
    },
    { role: 'windowMenu' },
  ]
}
