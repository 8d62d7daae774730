import { join } from 'node:path'
import AxeBuilder from '@axe-core/playwright'
import type { BrowserContext, Page } from '@playwright/test'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { scenarios } from '../../renderer/scenarios/scenarios.ts'
import { type Scenarios, startScenarios } from './start-scenarios.ts'

// Set to a folder to keep a picture of every scenario there, to be looked at.
const pictures = process.env.CAUSEWAY_SCENARIO_PICTURES
const sizes = { smallest: { width: 800, height: 560 }, usual: { width: 1280, height: 800 } }

let window: Scenarios

beforeAll(async () => {
  window = await startScenarios()
}, 180_000)
afterAll(() => window?.close())

/** Nothing is wider than the window: nothing is cut off at the right. */
const overflow = (page: Page) =>
  page.evaluate(() => {
    const all = [document.documentElement, ...document.querySelectorAll('main, main *')]
    return all
      .filter((element) => element.getBoundingClientRect().right > innerWidth + 1)
      .map(({ className }) => String(className))
  })

describe.each(['light', 'dark'] as const)('in the %s theme', (theme) => {
  let context: BrowserContext
  beforeAll(async () => {
    // Motion is off, as some people have it: nothing then turns for ever, and pages come to rest.
    // The system has the theme too: it counts until the person's own choice is known.
    const colorScheme = theme
    context = await window.browser.newContext({ colorScheme, reducedMotion: 'reduce', viewport: sizes.usual })
  }, 60_000)
  afterAll(() => context?.close())

  test.each(scenarios)(
    '$name keeps the content policy, is accessible and fits the smallest window',
    async (scenario) => {
      const { page, complaints } = await window.open(context, scenario, theme)
      try {
        if (pictures) await page.screenshot({ path: join(pictures, `${scenario.name}-${theme}.png`) })
        const axe = new AxeBuilder({ page })
        // Only colours differ between the themes.
        if (theme === 'dark') axe.withRules(['color-contrast'])
        const { violations } = await axe.analyze()
        expect(
          violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join(' | ')}`),
        ).toEqual([])
        expect(await page.locator('style').count()).toBe(0)
        await page.setViewportSize(sizes.smallest)
        expect(await overflow(page)).toEqual([])
        if (pictures) await page.screenshot({ path: join(pictures, `${scenario.name}-${theme}-small.png`) })
        expect(complaints).toEqual([])
      } finally {
        await page.close()
      }
    },
    120_000,
  )
})
