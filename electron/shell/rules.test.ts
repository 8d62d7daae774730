import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

// Rules over the source itself: what must be in one place only, and what must be nowhere. (Electron security checklist.)
const root = join(import.meta.dirname, '..', '..')
const sources = new Map(
  globSync('{electron,shared,renderer}/**/*.{ts,tsx}', { cwd: root, exclude: ['**/*.test.{ts,tsx}'] }).map((path) => [
    path.replaceAll('\\', '/'),
    readFileSync(join(root, path), 'utf8').replace(/^\s*(?:\/\/|\*|\/\*).*$/gm, ''),
  ]),
)
const filesWith = (pattern: RegExp) =>
  [...sources]
    .filter(([, text]) => pattern.test(text))
    .map(([path]) => path)
    .sort()

test('the sources are found', () => {
  expect(sources.size).toBeGreaterThan(40)
})

test.each<[string, RegExp, string[]]>([
  [
    'windows are made in one place',
    /new (?:BrowserWindow|WebContentsView|BrowserView|BaseWindow)\b/,
    ['electron/shell/window.ts'],
  ],
  ['pages are loaded in one place', /\.load(?:URL|File)\(/, ['electron/shell/window.ts']],
  [
    'messages of a window are handled in one place',
    /ipcMain\.(?:handle|on|once)\w*\(/,
    ['electron/shell/ipc-main-carrier.ts'],
  ],
  [
    'the desktop is asked to open things in one place',
    /\bshell\.open(?:External|Path)\(/,
    ['electron/shell/open-external.ts'],
  ],
  [
    'Electron’s shell is imported in one place',
    /import \{[^}]*\bshell\b[^}]*\} from 'electron'/,
    ['electron/shell/open-external.ts'],
  ],
  [
    'a certificate nobody vouches for is looked at, to name its issuer, in one place, over a connection that carries nothing',
    /\brejectUnauthorized\b/,
    ['electron/network/dial.ts'],
  ],
  ['a page is given something in one place', /contextBridge\.expose/, ['electron/preload.ts']],
])('%s', (_rule, pattern, allowed) => {
  expect(filesWith(pattern)).toEqual(allowed)
})

test.each([
  ['webSecurity', /\bwebSecurity\b/],
  ['allowRunningInsecureContent', /\ballowRunningInsecureContent\b/],
  ['experimentalFeatures', /\bexperimentalFeatures\b/],
  ['enableBlinkFeatures', /\benableBlinkFeatures\b/],
  ['certificate errors overridden', /['"]certificate-error['"]|\bsetCertificateVerifyProc\b/],
  ['code sent into a page', /\bexecuteJavaScript\b|\binsertCSS\b/],
  ['the remote module', /@electron\/remote|\benableRemoteModule\b/],
  ['synchronous messages', /\bsendSync\b/],
  ['HTML from text', /\bdangerouslySetInnerHTML\b|\.(?:inner|outer)HTML\s*=|\binsertAdjacentHTML\b|document\.write\b/],
  ['a sandbox switched off', /no-sandbox|sandbox:\s*false|contextIsolation:\s*false|nodeIntegration\w*:\s*true/],
])('nothing mentions %s', (_what, pattern) => {
  expect(filesWith(pattern)).toEqual([])
})

test('only the shell and the two entries know Electron at run time', () => {
  const knowing = filesWith(/^import (?!type )[^\n]*from 'electron(?:-store)?'/m)
  expect(knowing.filter((path) => !/^electron\/(?:shell\/|main\.ts$|preload\.ts$)/.test(path))).toEqual([])
  expect(knowing).toContain('electron/preload.ts')
})

test('the preload gives away nothing but the carrier', () => {
  const preload = sources.get('electron/preload.ts') ?? ''
  expect(preload.match(/exposeInMainWorld/g)).toHaveLength(1)
  expect(sources.get('electron/shell/preload-carrier.ts')).not.toMatch(/import (?!type )/)
})
