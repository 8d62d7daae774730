import { join } from 'node:path'
import { hasNative, ourCommand } from './bridges.ts'
import type { Candidate } from './cell.ts'

const modules = join(import.meta.dirname, '../node_modules')
const kinds = { http: 'http', json: 'http', sse: 'sse', split: 'sse', modern: 'http' }

const native: Candidate = {
  name: 'causeway, native',
  hasHub: true,
  command: (target) => ourCommand('native', { server: 'reference', kind: '', ...target }),
  transports: ['http', 'json', 'sse', 'split', 'modern'],
}
const node: Candidate = {
  ...native,
  name: 'causeway, Node',
  command: (target) => ourCommand('node', { server: 'reference', kind: '', ...target }),
}
const alone: Candidate = {
  name: 'causeway bridge <url>',
  hasHub: false,
  command: (target) => ourCommand('alone', { server: '', kind: kinds[target.transport], ...target }),
  transports: ['http', 'json', 'sse', 'modern'],
}
const mcpRemote: Candidate = {
  name: 'mcp-remote 0.15.1',
  hasHub: false,
  command: ({ url, transport, token }) => [
    process.execPath,
    join(modules, 'mcp-remote/dist/proxy.js'),
    ...[url, '--transport', transport === 'sse' ? 'sse-only' : 'http-only', '--allow-http'],
    ...['--header', `Authorization: Bearer ${token}`],
  ],
  transports: ['http', 'json', 'sse'],
}
const supergateway: Candidate = {
  name: 'supergateway 4.0.0',
  hasHub: false,
  command: ({ url, transport, token }) => [
    process.execPath,
    join(modules, 'supergateway/dist/index.js'),
    ...[transport === 'sse' ? '--sse' : '--streamableHttp', url, '--oauth2Bearer', token],
  ],
  transports: ['http', 'json', 'sse'],
}
export const peers = [mcpRemote, supergateway]
export const ours = () => [...(hasNative() ? [native] : []), node, alone]
