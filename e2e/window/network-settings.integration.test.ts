import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Scenarios, startScenarios } from './start-scenarios.ts'

let window: Scenarios

beforeAll(async () => {
  window = await startScenarios()
}, 180_000)
afterAll(() => window?.close())

test('a proxy is set by its address; what is none is said and stays as it was typed', async () => {
  const context = await window.browser.newContext({ reducedMotion: 'reduce' })
  const { page } = await window.open(context, { name: 'settings' })
  await page.getByRole('combobox', { name: 'Proxy' }).selectOption('This one…')
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Address').fill('http://ana:hunter2@proxy.acme.test')
  await dialog.getByRole('button', { name: 'Save' }).click()
  await dialog.getByText('or it holds a name and password').waitFor()
  await dialog.getByLabel('Address').fill('proxy.acme.test:3128')
  await dialog.getByLabel('Not for these hosts').fill('acme.test, <local>')
  await dialog.getByRole('button', { name: 'Save' }).click()
  await dialog.waitFor({ state: 'hidden' })
  await page.getByText('http://proxy.acme.test:3128').waitFor()
  await context.close()
}, 120_000)

test('the test of a connection shows each step', async () => {
  const context = await window.browser.newContext({ reducedMotion: 'reduce' })
  const { page } = await window.open(context, { name: 'server-connection', press: 'Connection' })
  await page.getByRole('button', { name: 'Test the connection' }).click()
  const steps = page.getByRole('list', { name: 'The way to the server, step by step' })
  await steps.waitFor()
  expect(await steps.getByRole('listitem').allInnerTexts()).toEqual([
    expect.stringContaining('http://proxy.northwind.example:3128'),
    expect.stringContaining('TLSv1.3'),
    expect.stringContaining('HTTP 401'),
  ])
  await context.close()
}, 120_000)
