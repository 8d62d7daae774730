import { crc32, deflateSync } from 'node:zlib'
import type { HealthLevel } from '../../shared/contract/health.ts'
import type { TrayState } from './tray-state.ts'

/** Told apart by shape; colour only helps. */
export type TrayShape = 'ok' | 'dot' | 'hollow' | 'lock' | 'arrows' | 'bar' | 'cross'

const byLevel: Record<HealthLevel, TrayShape> = {
  ok: 'ok',
  working: 'arrows',
  'needs-you': 'dot',
  waiting: 'hollow',
  blocked: 'bar',
  broken: 'cross',
}

export function trayShape({ auth, health }: Pick<TrayState, 'auth' | 'health'>): TrayShape {
  if (auth.state === 'signed-out' || auth.state === 'needs-sign-in') return 'lock'
  return auth.state === 'offline' ? 'hollow' : byLevel[health.overall]
}

type Inside = (x: number, y: number) => boolean
const disc =
  (cx: number, cy: number, radius: number): Inside =>
  (x, y) =>
    Math.hypot(x - cx, y - cy) <= radius
const box =
  (left: number, top: number, right: number, bottom: number): Inside =>
  (x, y) =>
    x >= left && x <= right && y >= top && y <= bottom
const any =
  (...parts: Inside[]): Inside =>
  (x, y) =>
    parts.some((inside) => inside(x, y))
const less =
  (whole: Inside, hole: Inside): Inside =>
  (x, y) =>
    whole(x, y) && !hole(x, y)

// Unit square, y down. A road over two arches; badges sit at the bottom right with a gap around them.
const arches = any(disc(0.31, 0.82, 0.15), disc(0.69, 0.82, 0.15))
const bridge = less(any(box(0.02, 0.24, 0.98, 0.38), box(0.08, 0.38, 0.92, 0.82)), arches)
const outline = less(
  bridge,
  less(
    any(box(0.09, 0.31, 0.91, 0.32), box(0.15, 0.32, 0.85, 0.82)),
    any(disc(0.31, 0.82, 0.22), disc(0.69, 0.82, 0.22)),
  ),
)
const gap = disc(0.74, 0.7, 0.34)
const slope = (a: number, b: number) => Math.abs(a - b) <= 0.08
const around: Inside = disc(0.74, 0.7, 0.27)
const badges: Record<Exclude<TrayShape, 'ok' | 'hollow'>, Inside> = {
  dot: disc(0.74, 0.7, 0.25),
  lock: any(box(0.52, 0.66, 0.96, 0.96), less(less(disc(0.74, 0.62, 0.19), disc(0.74, 0.62, 0.1)), box(0, 0.66, 1, 1))),
  arrows: less(less(around, disc(0.74, 0.7, 0.16)), any(box(0.48, 0.64, 0.66, 0.76), box(0.82, 0.64, 1, 0.76))),
  bar: less(around, box(0.58, 0.64, 0.9, 0.76)),
  cross: (x, y) => around(x, y) && (slope(x - 0.74, y - 0.7) || slope(x - 0.74, 0.7 - y)),
}
const colours: Record<TrayShape, readonly [number, number, number]> = {
  ok: [46, 139, 87],
  dot: [217, 130, 20],
  hollow: [128, 134, 139],
  lock: [66, 120, 200],
  arrows: [66, 120, 200],
  bar: [128, 134, 139],
  cross: [207, 60, 60],
}

/** A square PNG of one state; `template` is black and alpha only, as macOS wants for its menu bar. */
export function drawTrayIcon(shape: TrayShape, size: number, template: boolean): Buffer {
  const inside = drawing(shape)
  const colour = template ? [0, 0, 0] : colours[shape]
  const rows = Array.from({ length: size }, (_row, y) => {
    const pixels = Array.from({ length: size }, (_pixel, x) => [
      ...colour,
      Math.round(coverage(inside, x, y, size) * 255),
    ])
    return [0, ...pixels.flat()]
  })
  return encodePng(size, Buffer.from(rows.flat()))
}

function drawing(shape: TrayShape): Inside {
  if (shape === 'ok') return bridge
  if (shape === 'hollow') return outline
  return any(less(bridge, gap), badges[shape])
}

function coverage(inside: Inside, column: number, row: number, size: number) {
  const steps = [0.125, 0.375, 0.625, 0.875]
  const hits = steps.flatMap((dy) => steps.filter((dx) => inside((column + dx) / size, (row + dy) / size)))
  return hits.length / 16
}

/** RGBA, 8 bits, no filter (PNG specification, 11.2). */
function encodePng(size: number, rows: Buffer) {
  const chunk = (type: string, data: Buffer) => {
    const body = Buffer.concat([Buffer.from(type, 'latin1'), data])
    return Buffer.concat([uint32(data.length), body, uint32(crc32(body))])
  }
  const header = Buffer.concat([uint32(size), uint32(size), Buffer.from([8, 6, 0, 0, 0])])
  const signature = Buffer.from('89504e470d0a1a0a', 'hex')
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(rows)),
    chunk('IEND', Buffer.alloc(0)),
  ])
}
function uint32(value: number) {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}
