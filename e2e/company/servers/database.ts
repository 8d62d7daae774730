// A local server: the app starts this file as a process of its own and speaks to it over stdin and stdout.
import { DatabaseSync } from 'node:sqlite'
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js'
import { z } from 'zod'
import { createSessionServer } from '../mcp/server.ts'
import { connectionTools, tool } from '../mcp/tool.ts'

const database = new DatabaseSync(':memory:')
database.exec(`
  CREATE TABLE shipments (id INTEGER PRIMARY KEY, customer TEXT, destination TEXT, weight_kg REAL, status TEXT);
  INSERT INTO shipments VALUES
    (4711, 'Duarte & Filhos', 'Porto', 3480, 'delivered'),
    (4712, 'Okonkwo Textiles', 'Rotterdam', 1220.5, 'on the way'),
    (4713, 'Lindqvist AB', 'Göteborg', 810, 'on the way'),
    (4714, 'Hanok Ceramics', 'Hamburg', 96.25, 'waiting for customs');
  CREATE TABLE trucks (plate TEXT PRIMARY KEY, length_m REAL, at TEXT);
  INSERT INTO trucks VALUES ('FF-101', 16.5, 'Zeebrugge'), ('FF-102', 12, 'Porto');
  PRAGMA query_only = ON;
`)

const tools = [
  tool({
    name: 'list_tables',
    title: 'List tables',
    description: 'The tables and how they were made.',
    input: z.object({}),
    run: () => database.prepare("SELECT name, sql FROM sqlite_schema WHERE type = 'table'").all(),
  }),
  tool({
    name: 'query',
    title: 'Query',
    description: 'Runs one SQL statement that only reads.',
    input: z.object({ sql: z.string().min(1) }),
    run: ({ sql }) => database.prepare(sql).all().slice(0, 200),
  }),
  ...connectionTools,
]

const info = { name: 'database', title: 'Shipments database', version: '1.0.0' }
const { server } = createSessionServer(info, tools, { id: 'local', name: 'Local user', groups: [] })
// The SDK does not notice the end of stdin; whoever started us is gone then.
process.stdin.once('end', () => process.exit(0))
await server.connect(new StdioServerTransport())
