import { serveStdio } from '@modelcontextprotocol/server/stdio'
import { createTools } from './modern-tools.ts'

/** The official server of 2026-07-28 as a local process; `serve` as argument lets it speak the older revisions too. */
serveStdio(() => createTools(), { legacy: process.argv[2] === 'serve' ? 'serve' : 'reject' })
