import { expect, test } from 'vitest'
import { createKeytarKeychain } from './keytar-keychain.ts'

/** keytar with these passwords in it. */
function fakeKeytar(passwords: Map<string, string>) {
  const at = (service: string, account: string) => `${service}/${account}`
  return {
    getPassword: async (service: string, account: string) => passwords.get(at(service, account)) ?? null,
    setPassword: async (service: string, account: string, password: string) => {
      passwords.set(at(service, account), password)
    },
    deletePassword: async (service: string, account: string) => passwords.delete(at(service, account)),
  }
}
const open = (passwords: Map<string, string>, folder = '/data/a') =>
  createKeytarKeychain({ folder, platform: 'linux', load: async () => fakeKeytar(passwords) })

const failing = (message: string, platform: NodeJS.Platform = 'linux') =>
  createKeytarKeychain({ folder: '/data/a', platform, load: () => Promise.reject(new Error(message)) }).get()

test('keeps the key as 44 characters under the product’s name, one entry for each data folder', async () => {
  const passwords = new Map<string, string>()
  const key = Buffer.alloc(32, 5)
  await open(passwords).put(key)
  expect([...passwords]).toEqual([[expect.stringMatching(/^Causeway\/vault-[0-9a-f]{16}$/), key.toString('base64')]])
  expect(await open(passwords).get()).toEqual({ state: 'ok', key })
  expect((await open(passwords, '/data/b').get()).state).toBe('absent')
  await open(passwords).delete()
  expect((await open(passwords).get()).state).toBe('absent')
})

test('takes an entry that is no key of ours for a lost key, not for none', async () => {
  const passwords = new Map<string, string>()
  await open(passwords).put(Buffer.alloc(32))
  for (const name of passwords.keys()) passwords.set(name, 'something else')
  expect((await open(passwords).get()).state).toBe('locked-or-lost')
})

test('is unavailable, not broken, where the native module or the Secret Service is missing, and names the packages', async () => {
  for (const message of ['Failed to load keytar native addon', 'Cannot autolaunch D-Bus without X11 $DISPLAY'])
    expect(await failing(message)).toEqual({
      state: 'unavailable',
      reason: expect.stringMatching(/^(Failed|Cannot).*apt install gnome-keyring libsecret-1-0/),
    })
})

test('tells a dismissed prompt from a missing keychain', async () => {
  for (const message of ['User canceled the operation.', 'User interaction is not allowed.', 'Prompt was dismissed'])
    expect((await failing(message, 'darwin')).state).toBe('locked-or-lost')
})
