import { expect, test } from 'vitest'
import { createAddressGuard, zoneOf } from './addresses.ts'

test('every way of writing an address is the same place', () => {
  for (const address of ['169.254.169.254', '::ffff:169.254.169.254', '64:ff9b::a9fe:a9fe', 'fd00:ec2::254', 'fe80::1'])
    expect(zoneOf(address), address).toBe('forbidden')
  for (const address of ['0.0.0.0', '::', '224.0.0.1', '255.255.255.255', 'not an address'])
    expect(zoneOf(address), address).toBe('forbidden')
  for (const address of ['127.0.0.1', '127.8.8.8', '::1', '::ffff:127.0.0.1'])
    expect(zoneOf(address), address).toBe('loopback')
  for (const address of ['10.1.2.3', '172.31.0.1', '192.168.1.1', '100.64.0.1', 'fd12::1', '::ffff:10.0.0.1'])
    expect(zoneOf(address), address).toBe('private')
  for (const address of ['93.184.215.14', '172.32.0.1', '2606:2800:21f::1'])
    expect(zoneOf(address), address).toBe('public')
})

const names: Record<string, string[]> = {
  'mcp.example': ['93.184.215.14'],
  'mcp.corp.example': ['10.0.0.5'],
  'sso.corp.example': ['10.0.0.9'],
  'inside.example': ['10.0.0.9'],
  'rebound.example': ['93.184.215.14', '169.254.169.254'],
  'local.example': ['127.0.0.1'],
}
const guard = createAddressGuard(async (host) => names[host] ?? Promise.reject(new Error('ENOTFOUND')))
const trusted = (host: string) => host === 'sso.corp.example'
const ask = (url: string, server = 'https://mcp.example/mcp') => guard(url, { server, trusted })

test('a server on the internet cannot make us ask an inside address, the cloud’s metadata service or this machine', async () => {
  for (const url of [
    'https://inside.example/',
    'https://rebound.example/',
    'https://local.example/',
    'http://169.254.169.254/latest/meta-data/',
    'https://2852039166/',
    'https://0xa9fea9fe/',
    'https://[::ffff:169.254.169.254]/',
    'https://127.1/',
    'https://192.168.0.1/',
  ])
    await expect(ask(url), url).rejects.toMatchObject({ code: 'auth.address-refused' })
})

test('a company whose servers are inside goes on inside, and so do hosts that IT named', async () => {
  await ask('https://inside.example/', 'https://mcp.corp.example/mcp')
  await ask('https://sso.corp.example/')
  await expect(ask('https://local.example/', 'https://mcp.corp.example/mcp')).rejects.toThrow()
  await expect(ask('https://169.254.169.254/', 'https://169.254.169.254/mcp')).rejects.toThrow()
})

test('a name that only a proxy can look up is left to the proxy', async () => {
  await ask('https://nowhere.example/')
})
