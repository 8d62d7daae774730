import { expect, test } from 'vitest'
import { formatBytes, formatDuration, formatInitials, formatMoment, formatShortTime, formatTimeAgo } from './format.ts'

test('durations read well from a microsecond to an hour', () => {
  expect([0.2, 12.4, 999.4, 1234, 9994, 42_000, 59_960, 60_000, 3_600_000].map(formatDuration)).toEqual([
    '< 1 ms',
    '12 ms',
    '999 ms',
    '1.23 s',
    '9.99 s',
    '42.0 s',
    '1 min 0 s',
    '1 min 0 s',
    '60 min 0 s',
  ])
})

test('sizes carry one useful digit more than a rounded unit', () => {
  expect([0, 999, 1000, 9940, 12_345, 999_600, 5_000_000, 2e15].map(formatBytes)).toEqual([
    '0 B',
    '999 B',
    '1.0 kB',
    '9.9 kB',
    '12 kB',
    '1.0 MB',
    '5.0 MB',
    '2000 TB',
  ])
})

test('times near and far are told from now', () => {
  const now = new Date('2026-11-20T12:00:00Z')
  const say = (iso: string) => formatTimeAgo(iso, now)
  expect(say('2026-11-20T11:59:40Z')).toBe('now')
  expect(say('2026-11-20T11:58:00Z')).toBe('2 minutes ago')
  expect(say('2026-11-19T11:00:00Z')).toBe('yesterday')
  expect(say('2026-11-20T15:00:00Z')).toBe('in 3 hours')
})

test('a time of another day carries its date', () => {
  const now = new Date(2026, 10, 20, 12)
  expect(formatShortTime(new Date(2026, 10, 20, 9, 5, 7).toISOString(), now)).toBe('09:05:07')
  expect(formatShortTime(new Date(2026, 10, 19, 9, 5, 7).toISOString(), now)).toBe('Nov 19, 09:05:07')
})

test('a moment is told to the minute, with as much of its date as is needed', () => {
  const now = new Date(2026, 10, 20, 12)
  const say = (...at: [number, number, number]) => formatMoment(new Date(...at, 9, 5, 7).toISOString(), now)
  expect(say(2026, 10, 20)).toBe('09:05')
  expect(say(2026, 10, 21)).toBe('Nov 21, 09:05')
  expect(say(2027, 0, 2)).toBe('Jan 2, 2027, 09:05')
})

test('initials come from the first and the last name, and never fail', () => {
  expect(['Ana María Torres', 'ben', 'chen.li@corp.example', '', '😀 x'].map(formatInitials)).toEqual([
    'AT',
    'B',
    'CE',
    '?',
    '😀X',
  ])
})
