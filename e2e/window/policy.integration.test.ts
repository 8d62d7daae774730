import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Scenarios, startScenarios } from './start-scenarios.ts'

let window: Scenarios

beforeAll(async () => {
  window = await startScenarios()
}, 180_000)
afterAll(() => window?.close())

test('what IT decided is locked, says who set it and what is wrong with it; the rest stays the person’s', async () => {
  const context = await window.browser.newContext({ reducedMotion: 'reduce' })
  const { page } = await window.open(context, { name: 'settings-managed' })
  const set = 'Set by your company.'
  const adHoc = page.getByRole('switch', { name: 'Let my apps use servers' })
  expect(await adHoc.isDisabled()).toBe(true)
  expect(await adHoc.isChecked()).toBe(false)
  const described = await adHoc.evaluate(
    (element) => document.getElementById(element.getAttribute('aria-describedby') ?? '')?.textContent,
  )
  expect(described).toContain(`${set} One of your company’s rules`)
  expect(described).toContain('allowAdHoc in /etc/causeway/policy.json')

  for (const name of ['Proxy', 'Keep my activity for']) {
    expect(await page.getByRole('combobox', { name }).isDisabled()).toBe(true)
  }
  expect(
    await page
      .getByRole('button', { name: 'Change…' })
      .evaluateAll((all) => all.map((one) => (one as HTMLButtonElement).disabled)),
  ).toEqual([true, true])
  expect(await page.getByText(set, { exact: false }).count()).toBe(5)

  expect(await page.getByRole('combobox', { name: 'Largest answer' }).isDisabled()).toBe(false)
  const start = page.getByRole('switch', { name: 'Start when I log in' })
  expect(await start.isDisabled()).toBe(false)
  await start.press('Space')
  await page.waitForFunction(() => !document.querySelector<HTMLInputElement>('[aria-label^="Start when"]')?.checked)
  await context.close()
}, 120_000)

test('the table names every key with its value and who said so, and each thing that is wrong', async () => {
  const context = await window.browser.newContext({ reducedMotion: 'reduce' })
  const { page } = await window.open(context, { name: 'settings-managed' })
  const rules = page.getByRole('region', { name: 'What your company decides' })
  const cells = async (key: string) => {
    const row = rules.getByRole('row').filter({ has: page.getByText(key, { exact: true }) })
    return (await row.getByRole('cell').allInnerTexts()).slice(1).map((text) => text.replace(/\s+/g, ' ').trim())
  }
  expect(await cells('activityDays')).toEqual(['90', 'Your IT , locked'])
  expect(await cells('requireKeychain')).toEqual(['true', 'Your company , locked'])
  expect(await cells('repairApps')).toEqual(['auto', 'Your IT, as a suggestion'])
  expect(await cells('startAtLogin')).toEqual(['true', 'You'])
  const said = await rules.getByRole('listitem').allInnerTexts()
  expect(said).toEqual([
    '/etc/causeway/policy.json',
    expect.stringContaining('policy.key-invalid'),
    expect.stringContaining('policy.key-unknown'),
  ])
  await context.close()

  const other = await window.browser.newContext({ reducedMotion: 'reduce' })
  const plain = await window.open(other, { name: 'settings' })
  await plain.page.getByRole('heading', { name: 'About' }).waitFor()
  expect(await plain.page.getByText('What your company decides').count()).toBe(0)
  await other.close()
}, 120_000)
