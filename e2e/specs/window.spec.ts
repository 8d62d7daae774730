import { expect, test } from '../app.ts'

// Runs twice: in Electron (or its stand-in) and in a browser over loopback. It is the same window.

test('a person without a company is asked for its address, and a wrong one is answered in a sentence', async ({
  page,
}) => {
  await expect(page.getByRole('heading', { name: 'Welcome to Causeway' })).toBeVisible()
  await page.getByLabel('Company address').fill('https://127.0.0.1:9/')
  await page.getByRole('button', { name: 'Continue' }).click()
  await expect(page.getByText('The company’s address does not answer')).toBeVisible()
})
