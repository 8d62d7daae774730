import { expect, test } from 'vitest'
import { setConnection, useConnection } from './connection.ts'

test('only a connection that came back makes the stores ask anew', () => {
  const generation = () => useConnection.getState().generation
  setConnection('connected')
  expect(generation()).toBe(0)
  setConnection('lost')
  setConnection('lost')
  setConnection('connected')
  expect(generation()).toBe(1)
})
