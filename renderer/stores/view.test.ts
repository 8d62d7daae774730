import { expect, test } from 'vitest'
import { hashOf, parseHash } from './view.ts'

test('the address names the screen and what is shown in detail', () => {
  expect(parseHash(hashOf('servers', 'github'))).toEqual({
    screen: 'servers',
    server: 'github',
    client: null,
    connection: null,
  })
  expect(parseHash('#/apps/vscode')).toEqual({ screen: 'apps', server: null, client: 'vscode', connection: null })
})

test('an address that means nothing is home', () => {
  for (const hash of ['', '#', '#/nowhere', '#/__proto__', '#token=x'])
    expect(parseHash(hash)).toEqual({ screen: 'home', server: null, client: null, connection: null })
  expect(parseHash('#/servers/Bad Id')).toEqual({ screen: 'servers', server: null, client: null, connection: null })
})
