import { createHash } from 'node:crypto'

const style =
  'body{font:17px/1.5 system-ui,sans-serif;max-width:26rem;margin:18vh auto;padding:0 1.5rem;text-align:center;color:#1f2328;background:#fff}' +
  'h1{font-size:1.4rem}@media(prefers-color-scheme:dark){body{color:#e6edf3;background:#15191f}}'
const styleHash = createHash('sha256').update(style).digest('base64')

/** Headers of everything the callback listener answers: nothing loads, nothing is kept, nothing is told on. */
export const pageHeaders = {
  'cache-control': 'no-store',
  'referrer-policy': 'no-referrer',
  'content-security-policy': `default-src 'none'; style-src 'sha256-${styleHash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  'x-content-type-options': 'nosniff',
} as const

const page = (title: string, text: string) =>
  `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">` +
  `<title>${title}</title><style>${style}</style></head><body><h1>${title}</h1><p>${text}</p></body></html>`

/** What the browser shows at the end. Static: nothing of the request is ever in it. */
export const toPages = (product: string) => ({
  done: page(
    `Back to ${product}`,
    `The login page has answered. You can close this page: ${product} does the rest by itself.`,
  ),
  failed: page(
    'The sign-in was not completed',
    `You can close this page. ${product} says what happened and lets you try again.`,
  ),
})
