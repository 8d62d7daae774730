import { expect, test } from 'vitest'
import { checkUrl, findOpener, openUrl } from './open-url.ts'

test.each([
  [
    'https://login.example.com/authorize?client_id=a&state=b#c',
    'https://login.example.com/authorize?client_id=a&state=b#c',
  ],
  ['https://example.com', 'https://example.com/'],
  ['HTTPS://Example.com/ä', 'https://example.com/%C3%A4'],
  ['http://127.0.0.1:8123/#token=abc', 'http://127.0.0.1:8123/#token=abc'],
  ['http://localhost:9/x', 'http://localhost:9/x'],
  ['http://[::1]:9/x', 'http://[::1]:9/x'],
  ['https://example.com/mail?to=a@b.example', 'https://example.com/mail?to=a@b.example'],
])('%s may be opened', (text, url) => {
  expect(checkUrl(text)).toEqual({ ok: true, url })
})

const hostile = [
  'javascript:alert(1)',
  'data:text/html,x',
  'file:///etc/passwd',
  'ftp://example.com/',
  'vbscript:x',
  'ms-msdt:/id x',
  'smb://host/share',
  '\\\\host\\share',
  '//example.com/x',
  'example.com',
  '',
  ' ',
  '-e',
  '--help',
  '/etc/passwd',
  'C:\\x.exe',
  'http://example.com/',
  'http://169.254.169.254/latest/meta-data',
  'http://127.0.0.1.evil.example/',
  'http://127.1/evil',
  'https://user:secret@example.com/',
  'https://a@b.example/',
  'http://127.0.0.1@evil.example/',
  'https://@example.com/',
  'https://example.com\\@evil.example/',
  'https:\\\\example.com',
  'https:/example.com',
  'https:example.com',
  'https:///example.com',
  'https://exa\tmple.com/',
  'https://example.com/\n',
  ' https://example.com/',
  'https://example.com/\u202etxt.exe',
  'https://example.com/a b',
  'https://exam\0ple.com/',
  'https://[::1',
  'https://',
  'https://%00/',
  'view-source:https://example.com/',
  'blob:https://example.com/x',
  'search-ms:query=x',
  'causeway://home',
  `https://example.com/${'a'.repeat(2048)}`,
  `https://example.com/${'ä'.repeat(1000)}`,
  undefined,
  null,
  7,
  {},
  ['https://example.com/'],
]
test.each(hostile)('%j is refused, with a reason', async (text) => {
  expect(checkUrl(text)).toEqual({ ok: false, reason: expect.stringMatching(/\w/) })
  // `BROWSER` would succeed if it were ever started.
  expect(await openUrl(text as string, { env: { BROWSER: '/bin/true' }, platform: 'linux' })).toBe(false)
})

test('the address is always one argument of a program, never part of a shell line', () => {
  const url = 'https://example.com/?a=1&b=%20;$(x)'
  const on = (platform: NodeJS.Platform, env = {}) => findOpener({ url, env, platform })
  expect(on('linux')).toEqual({ command: 'xdg-open', args: [url] })
  expect(on('darwin')).toEqual({ command: '/usr/bin/open', args: ['--', url] })
  expect(on('win32')).toEqual({ command: 'rundll32.exe', args: ['url.dll,FileProtocolHandler', url] })
  expect(on('linux', { BROWSER: 'firefox' })).toEqual({ command: 'firefox', args: [url] })
  expect(on('linux', { BROWSER: 'firefox --new-tab %s:chromium' })).toEqual({
    command: 'firefox',
    args: ['--new-tab', url],
  })
  expect(on('linux', { BROWSER: process.execPath })).toEqual({ command: process.execPath, args: [url] })
  expect(on('win32', { BROWSER: 'C:\\b.exe' })).toEqual({ command: 'C:\\b.exe', args: [url] })
})

test('a program that cannot be started is said, not thrown', async () => {
  const env = { BROWSER: '/nowhere/browser' }
  expect(await openUrl('https://example.com/', { env, platform: 'linux' })).toBe(false)
  expect(
    await openUrl('https://example.com/', { env: { BROWSER: 'true', PATH: process.env.PATH }, platform: 'linux' }),
  ).toBe(true)
})
