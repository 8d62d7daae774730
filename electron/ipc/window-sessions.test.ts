import { expect, test } from 'vitest'
import { createWindowSessions } from './window-sessions.ts'

test('a token opens one session, once', () => {
  const sessions = createWindowSessions()
  const token = sessions.mintToken()
  expect(token).toMatch(/^[\w-]{43}$/)
  const session = sessions.redeem(token)
  expect(session).toMatch(/^[\w-]{43}$/)
  expect(sessions.knows(session ?? '')).toBe(true)
  expect(sessions.redeem(token)).toBeNull()
})

test('a token is no session, a session is no token, and nothing is neither', () => {
  const sessions = createWindowSessions()
  const token = sessions.mintToken()
  expect(sessions.knows(token)).toBe(false)
  const session = sessions.redeem(token) ?? ''
  expect(sessions.redeem(session)).toBeNull()
  expect(sessions.redeem('')).toBeNull()
  expect(sessions.knows('')).toBe(false)
})

test('the lists are bounded: the oldest gives way', () => {
  const sessions = createWindowSessions()
  const first = sessions.mintToken()
  for (let count = 0; count < 16; count += 1) sessions.mintToken()
  expect(sessions.redeem(first)).toBeNull()
  const opened = Array.from({ length: 33 }, () => sessions.redeem(sessions.mintToken()) ?? '')
  expect(opened.map(sessions.knows).filter(Boolean)).toHaveLength(32)
  expect(sessions.knows(opened[0] ?? '')).toBe(false)
})
