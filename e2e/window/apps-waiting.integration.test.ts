import type { Page } from '@playwright/test'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Scenarios, startScenarios } from './start-scenarios.ts'

let window: Scenarios
let page: Page

beforeAll(async () => {
  window = await startScenarios()
  const context = await window.browser.newContext({ reducedMotion: 'reduce', viewport: { width: 1280, height: 800 } })
  page = (await window.open(context, { name: 'apps-waiting' })).page
}, 180_000)
afterAll(() => window?.close())

const row = (name: string) => page.getByRole('listitem').filter({ hasText: name })

test('an app with a change that waits shows the one thing to do, and lets the person forget it', async () => {
  const claude = row('Claude Desktop')
  await claude.getByText('Quit and reopen Claude Desktop').waitFor()
  await claude.getByText('Waits until it has quit').waitFor()
  expect(await claude.getByRole('button', { name: 'Set up' }).count()).toBe(0)
  await claude.getByRole('button', { name: 'Forget it' }).click()
  await claude.getByRole('button', { name: 'Set up: Claude Desktop' }).waitFor()
  expect(await claude.getByText('Quit and reopen').count()).toBe(0)
}, 60_000)

test('the dialog says that the change will wait, and makes it now where the person says so', async () => {
  await page.getByRole('button', { name: 'Set up: Cursor' }).click()
  const dialog = page.getByRole('dialog', { name: 'Set up Cursor' })
  await dialog.getByText('Cursor runs and would undo this.').waitFor()
  await dialog.getByRole('button', { name: 'Make it when it has quit' }).waitFor()
  await dialog.getByRole('checkbox', { name: 'Make it now anyway' }).check()
  await dialog.getByRole('button', { name: 'Make this change' }).click()
  await row('Cursor').getByText('Set up', { exact: true }).waitFor()
}, 60_000)

test('every file is given back after one question, and told one by one', async () => {
  await page.getByRole('button', { name: 'Give back…' }).click()
  const dialog = page.getByRole('dialog', { name: 'Give all files back' })
  await dialog.getByText('/home/ana/.config/claude-code/mcp.json').waitFor()
  await dialog.getByRole('button', { name: 'Give them back' }).click()
  await dialog.getByText('As it was').first().waitFor()
  await dialog.getByRole('button', { name: 'Close' }).last().click()
  await expect.poll(() => page.getByRole('button', { name: 'Give back…' }).isDisabled()).toBe(true)
}, 60_000)
