import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Screen } from '../../shared/contract/app.ts'
import { findDeepLink, parseDeepLink } from './deep-link.ts'

test('every screen has a link', () => {
  for (const screen of Screen.options) {
    expect(parseDeepLink(`causeway://${screen}`)).toBe(screen)
    expect(parseDeepLink(`causeway://${screen}/`)).toBe(screen)
  }
})

test.each([
  'causeway://open',
  'causeway://',
  'causeway:servers',
  'causeway:///servers',
  'causeway://servers/github',
  'causeway://servers?x=1',
  'causeway://servers#x',
  'causeway://SERVERS',
  'Causeway://servers',
  'causeway://servers\n',
  ' causeway://servers',
  'causeway://a@servers',
  'causeway://servers:1',
  'causeway://sign-out',
  'causeway://quit',
  'causeway://__proto__',
  'causeway://constructor',
  'causeway://../servers',
  'causeway://%73ervers',
  'https://servers',
  'xcauseway://servers',
  `causeway://${'servers'.repeat(1000)}`,
])('%j shows no screen in particular', (text) => {
  expect(parseDeepLink(text)).toBeNull()
})

test('whatever another start has on its command line, it can only name a screen', () => {
  const word = fc.oneof(
    fc.string(),
    fc.string().map((text) => `causeway://${text}`),
    fc.constantFrom('--quit', 'causeway://home'),
  )
  fc.assert(
    fc.property(fc.array(word), (argv) => {
      const found = findDeepLink(argv)
      expect(found === null || Screen.options.includes(found)).toBe(true)
    }),
  )
})

test('of several links the last one counts, and a bad last one opens nothing in particular', () => {
  expect(findDeepLink(['/usr/bin/causeway', 'causeway://home', '--x', 'causeway://apps'])).toBe('apps')
  expect(findDeepLink(['causeway://home', 'causeway://home?token=1'])).toBeNull()
  expect(findDeepLink(['/usr/bin/causeway'])).toBeNull()
})
