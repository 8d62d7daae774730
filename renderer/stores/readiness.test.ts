import { expect, test } from 'vitest'
import { ClientId, ServerId } from '../../shared/ids.ts'
import { Problem } from '../../shared/problems.ts'
import { toReadiness } from './readiness.ts'

const client = ClientId.parse('cursor')
const works = { server: ServerId.parse('github'), state: 'ok' as const, tools: 3, milliseconds: 40 }
const problem = new Problem('auth.no-api-key', 'Packages').data
const fails = { server: ServerId.parse('packages'), state: 'failed' as const, problem }

test('an app is ready when a server answers through it, and says how many do', () => {
  expect(toReadiness(client, [fails, works])).toEqual({ client, state: 'ready', answering: 1, total: 2 })
})

test('an app through which nothing answers says why', () => {
  expect(toReadiness(client, [fails])).toEqual({ client, state: 'troubled', problem })
  expect(toReadiness(client, [])).toEqual({ client, state: 'troubled', problem: null })
})
