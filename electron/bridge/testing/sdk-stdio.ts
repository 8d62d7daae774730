import { appendFileSync } from 'node:fs'
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js'
import { createTools } from './sdk-server.ts'

/** The official server as a local process, which notes each of its starts in the file it is given. */
appendFileSync(process.argv[2] as string, 'started\n')
await createTools().connect(new StdioServerTransport())
