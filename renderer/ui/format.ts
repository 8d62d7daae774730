import { language } from '../texts.ts'

export function formatDuration(ms: number) {
  if (ms < 1) return '< 1 ms'
  if (ms < 1000) return `${Math.round(ms)} ms`
  if (ms < 59_950) return `${(ms / 1000).toFixed(ms < 9995 ? 2 : 1)} s`
  const seconds = Math.round(ms / 1000)
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`
}

export function formatBytes(bytes: number) {
  if (bytes < 1000) return `${bytes} B`
  const units = ['kB', 'MB', 'GB', 'TB']
  let value = bytes / 1000
  let unit = 0
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000
    unit += 1
  }
  return `${value < 9.95 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`
}

const units: [Intl.RelativeTimeFormatUnit, number][] = [
  ['year', 31_557_600],
  ['month', 2_629_800],
  ['week', 604_800],
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
]

/** “2 minutes ago”, “in 3 hours”; within a minute “now”. */
export function formatTimeAgo(iso: string, now: Date) {
  const seconds = (new Date(iso).getTime() - now.getTime()) / 1000
  const format = new Intl.RelativeTimeFormat(language(), { numeric: 'auto' })
  const [unit, size] = units.find(([, length]) => Math.abs(seconds) >= length) ?? ['second', 0]
  return size === 0 ? format.format(0, 'second') : format.format(Math.trunc(seconds / size), unit)
}

const formats = new Map<string, Intl.DateTimeFormat>()

// Making a format costs about 50 µs, and a table row asks for one at every paint.
function formatOf(style: string, options: Intl.DateTimeFormatOptions) {
  const key = `${language()} ${style}`
  const known = formats.get(key) ?? new Intl.DateTimeFormat(language(), options)
  formats.set(key, known)
  return known
}

export const formatDateTime = (iso: string) =>
  formatOf('full', { dateStyle: 'medium', timeStyle: 'medium' }).format(new Date(iso))

export const formatDate = (iso: string) => formatOf('long day', { dateStyle: 'medium' }).format(new Date(iso))

const formatTime = (iso: string) =>
  formatOf('time', { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' }).format(new Date(iso))

/** The time of day for today, with the date before it for every other day. */
export function formatShortTime(iso: string, now: Date) {
  const date = new Date(iso)
  if (date.toDateString() === now.toDateString()) return formatTime(iso)
  return `${formatOf('day', { month: 'short', day: 'numeric' }).format(date)}, ${formatTime(iso)}`
}

/** To the minute, and without the date for today: where many words stand in one line. */
export function formatMoment(iso: string, now: Date) {
  const date = new Date(iso)
  const time = formatOf('minute', { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(date)
  if (date.toDateString() === now.toDateString()) return time
  const sameYear = date.getFullYear() === now.getFullYear()
  const day = sameYear
    ? formatOf('day', { month: 'short', day: 'numeric' })
    : formatOf('date', { month: 'short', day: 'numeric', year: 'numeric' })
  return `${day.format(date)}, ${time}`
}

export const formatCount = (count: number) => new Intl.NumberFormat(language()).format(count)

/** “Ana María Torres” → “AT”. */
export function formatInitials(name: string) {
  const words = name.split(/[\s@.]+/).filter(Boolean)
  const letters = words.length > 1 ? [words[0], words.at(-1)] : words
  return letters.map((word) => [...(word ?? '')][0]?.toUpperCase() ?? '').join('') || '?'
}
