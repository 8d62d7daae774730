import { createHash } from 'node:crypto'
import { companyName } from './people.ts'

const style = `
:root { color-scheme: light dark; --ink: #1c2b2a; --paper: #f3f6f4; --card: #fff; --line: #d5dedb; --accent: #0f6b5c; --quiet: #5a6b68 }
@media (prefers-color-scheme: dark) { :root { --ink: #e8efed; --paper: #121a19; --card: #1b2625; --line: #33423f; --accent: #57c7b2; --quiet: #9fb0ac } }
* { box-sizing: border-box }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 16px; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif }
main { width: 100%; max-width: 440px; padding: 24px 32px; background: var(--card); border: 1px solid var(--line); border-radius: 16px }
main.wide { max-width: 860px }
.brand { margin: 0 0 4px; color: var(--accent); font-weight: 700; letter-spacing: .02em }
h1 { margin: 0 0 8px; font-size: 24px; line-height: 1.25 }
h2 { margin: 28px 0 8px; font-size: 17px }
p { margin: 0 0 16px }
.quiet, small { color: var(--quiet) }
fieldset { border: 0; margin: 0 0 16px; padding: 0 }
legend { padding: 0; margin-bottom: 8px; font-weight: 600 }
.person { display: flex; gap: 12px; align-items: flex-start; padding: 12px 14px; margin-bottom: 8px; border: 1px solid var(--line); border-radius: 12px; cursor: pointer }
.person:has(:checked) { border-color: var(--accent); box-shadow: 0 0 0 1px var(--accent) }
.person input { margin-top: 5px; accent-color: var(--accent) }
.person b, .person small { display: block }
label.field { display: block; font-weight: 600 }
input[type=password], input[type=text] { width: 100%; margin: 6px 0 16px; padding: 10px 12px; font: inherit; color: inherit; background: var(--paper); border: 1px solid var(--line); border-radius: 10px }
button { width: 100%; margin-top: 8px; padding: 12px; font: inherit; font-weight: 600; border-radius: 10px; border: 1px solid var(--line); background: transparent; color: inherit; cursor: pointer }
.row { display: flex; gap: 8px }
button.main { border-color: var(--accent); background: var(--accent); color: var(--card) }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px }
.note { margin-bottom: 20px; padding: 10px 14px; border-left: 4px solid var(--accent); background: var(--paper); border-radius: 0 10px 10px 0 }
table { width: 100%; border-collapse: collapse; font-size: 14px }
th, td { padding: 6px 10px 6px 0; text-align: left; border-top: 1px solid var(--line); vertical-align: top }
code { font-size: .95em; overflow-wrap: anywhere }
`

// No form-action: Chromium applies it to the redirect that follows the form, which goes to the app's loopback port.
const policy = `default-src 'none'; base-uri 'none'; frame-ancestors 'none'; style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'`

export const pageHeaders = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': policy,
  'cache-control': 'no-store',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
}

export const escapeHtml = (text: string) => text.replace(/[&<>"']/g, (character) => `&#${character.codePointAt(0)};`)

/** A whole page without scripts and without anything from elsewhere. `body` is markup; text in it is already escaped. */
export const renderPage = ({ title, body, wide = false }: { title: string; body: string; wide?: boolean }) =>
  `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)} · ${companyName}</title>
<style>${style}</style>
</head>
<body>
<main${wide ? ' class="wide"' : ''}>
<p class="brand">${companyName}</p>
<h1>${escapeHtml(title)}</h1>
${body}
</main>
</body>
</html>`
