import { expect, test } from 'vitest'
import { findTls, type TlsServer } from './server-tls.ts'

const pins = [`sha256/${'A'.repeat(43)}=`, `sha256/${'B'.repeat(43)}=`]
const pinned: TlsServer = { endpoint: { transport: 'http', url: 'https://gateway.acme.test/crm' }, tls: { pins } }
const named: TlsServer = {
  endpoint: {
    transport: 'sse-split',
    streamUrl: 'https://gateway.acme.test/events',
    messageUrl: 'https://other.acme.test/rpc',
  },
  tls: { clientCertificate: { pfxFile: '/laptop.p12' } },
}
const local: TlsServer = {
  endpoint: { transport: 'stdio', command: 'a', args: [], env: {}, shared: false },
  tls: { pins },
}

test('servers behind one gateway share what is asked of it; a port or another host does not', () => {
  const servers = [pinned, named, local]
  expect(findTls(servers, 'https://gateway.acme.test')).toEqual({ pins, clientCertificate: { pfxFile: '/laptop.p12' } })
  expect(findTls(servers, 'https://other.acme.test')).toEqual({ clientCertificate: { pfxFile: '/laptop.p12' } })
  expect(findTls(servers, 'https://gateway.acme.test:8443')).toBeUndefined()
  expect(findTls([{ ...pinned, tls: undefined }], 'https://gateway.acme.test')).toBeUndefined()
})

test('of two that ask for different pins the one listed first holds', () => {
  const other = { ...pinned, tls: { pins: [pins[1] ?? '', pins[1] ?? ''] } }
  expect(findTls([pinned, other], 'https://gateway.acme.test')?.pins).toEqual(pins)
})
