import { Menu, nativeImage, Tray } from 'electron'
import { brand } from '../../shared/brand.ts'
import { drawTrayIcon, type TrayShape, trayShape } from './tray-icon.ts'
import { type TrayActions, trayMenu } from './tray-menu.ts'
import { mirrorCore, type TrayApi, type TrayState } from './tray-state.ts'

const settleMs = 200

/** The icon and its menu, drawn anew when the core says something new; many news at once are one drawing. */
export async function createTray(api: TrayApi, act: TrayActions) {
  const tray = new Tray(icon('arrows'))
  tray.setToolTip(brand.product)
  // Windows and some Linux desktops: a click on the icon itself.
  tray.on('click', () => act.open(null))
  let waiting: NodeJS.Timeout | undefined
  let latest: TrayState | undefined
  let shown: TrayShape = 'arrows'

  function draw() {
    waiting = undefined
    if (!latest || tray.isDestroyed()) return
    const shape = trayShape(latest)
    if (shape !== shown) tray.setImage(icon(shape))
    shown = shape
    tray.setToolTip(`${brand.product}: ${latest.health.sentence}`)
    tray.setContextMenu(Menu.buildFromTemplate(trayMenu(latest, act)))
  }
  const stop = await mirrorCore(api, (state) => {
    const first = latest === undefined
    latest = state
    if (first) draw()
    else waiting ??= setTimeout(draw, settleMs)
  })
  return () => {
    stop()
    clearTimeout(waiting)
    tray.destroy()
  }
}

function icon(shape: TrayShape) {
  const template = process.platform === 'darwin'
  const size = process.platform === 'win32' ? 16 : 18
  const image = nativeImage.createFromBuffer(drawTrayIcon(shape, size, template))
  image.addRepresentation({ scaleFactor: 2, buffer: drawTrayIcon(shape, size * 2, template) })
  if (template) image.setTemplateImage(true)
  return image
}
