import type { BrowserContext } from '@playwright/test'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Scenarios, startScenarios } from './start-scenarios.ts'

let window: Scenarios
let context: BrowserContext

beforeAll(async () => {
  window = await startScenarios()
  context = await window.browser.newContext({ reducedMotion: 'reduce', viewport: { width: 1280, height: 800 } })
}, 180_000)
afterAll(() => window?.close())

test('a code on another device is offered where the company lets it be used, and nowhere else', async () => {
  const ways = async (name: string) => {
    const { page } = await window.open(context, { name })
    await page.getByRole('button', { name: 'Sign in to Northwind Traders' }).waitFor()
    const count = await page.getByRole('button', { name: 'Use another device instead' }).count()
    await page.close()
    return count
  }
  expect(await ways('account-signed-out')).toBe(1)
  expect(await ways('account-no-device-code')).toBe(0)
}, 60_000)
