import type { Page } from '@playwright/test'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { createMemoryCore } from '../../renderer/scenarios/memory-core.ts'
import { type Scenarios, startScenarios } from './start-scenarios.ts'

declare global {
  /** Put there by the scenarios' page. */
  var memory: ReturnType<typeof createMemoryCore>
}

let window: Scenarios
let page: Page

beforeAll(async () => {
  window = await startScenarios()
  const context = await window.browser.newContext({ reducedMotion: 'reduce', viewport: { width: 1280, height: 800 } })
  page = (await window.open(context, { name: 'activity' })).page
}, 180_000)
afterAll(() => window?.close())

const say = (id: number) =>
  page.evaluate((next) => {
    const { world, addCalls } = globalThis.memory
    const [newest] = world.calls
    if (newest) addCalls([{ ...newest, id: next }])
  }, id)
const grid = () => page.getByRole('grid')
const top = () => grid().evaluate(({ scrollTop }) => scrollTop)

test('a call shows at once while the newest is in view, and waits behind a button while it is not', async () => {
  await grid().waitFor()
  await say(241)
  await page.locator('#call-241').waitFor()
  await grid().evaluate((element) => element.scrollTo(0, 4000))
  await expect.poll(() => page.locator('#call-241').count()).toBe(0)
  await say(242)
  await page.getByRole('button', { name: '1 new call' }).click()
  await page.locator('#call-242').waitFor()
  expect(await top()).toBe(0)
}, 60_000)

test('the head stays in view, and no more rows are drawn than can be seen', async () => {
  await grid().evaluate((element) => element.scrollTo(0, 3000))
  await expect.poll(() => page.locator('#call-242').count()).toBe(0)
  const head = await page.getByRole('columnheader', { name: 'Time' }).boundingBox()
  const table = await grid().boundingBox()
  expect(Math.abs((head?.y ?? 0) - (table?.y ?? 0))).toBeLessThan(20)
  expect(await page.getByRole('row').count()).toBeLessThan(60)
}, 60_000)

test('rows are reached, opened and left by keyboard', async () => {
  await grid().focus()
  await page.keyboard.press('Home')
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Enter')
  await page.getByRole('dialog', { name: 'Call 241' }).waitFor()
  await page.keyboard.press('Escape')
  await expect.poll(() => grid().evaluate((element) => element === document.activeElement)).toBe(true)
  await page.keyboard.press('End')
  await expect.poll(() => grid().getAttribute('aria-activedescendant')).not.toBe('call-241')
  const active = await grid().getAttribute('aria-activedescendant')
  await page.locator(`#${active}`).waitFor()
}, 60_000)

test('a person who wants no motion sees the new layout at once when the window gets smaller', async () => {
  await page.evaluate(() => {
    const cells = [...document.querySelectorAll('[role=gridcell], [role=columnheader]')]
    const measure = () => Math.max(...cells.map((cell) => cell.getBoundingClientRect().right))
    // Before anything is drawn: what moves for one frame only still stands where it was.
    addEventListener('resize', () => document.body.setAttribute('data-right', String(measure())), { once: true })
  })
  await page.setViewportSize({ width: 800, height: 560 })
  await page.locator('body[data-right]').waitFor()
  expect(Number(await page.locator('body').getAttribute('data-right'))).toBeLessThan(800)
}, 60_000)

test('a server leads to its calls, and to no others', async () => {
  const { page: other } = await window.open(page.context(), { name: 'server', press: 'Its calls' })
  expect(await other.getByRole('combobox', { name: 'Server' }).inputValue()).toBe('github')
  await other.locator('[id^=call-]').first().waitFor()
  const servers = await other.locator('[id^=call-] [role=gridcell]:nth-child(3)').allInnerTexts()
  expect([...new Set(servers)]).toEqual(['GitHub'])
  await other.close()
}, 60_000)
