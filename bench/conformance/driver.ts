import { Client } from '@modelcontextprotocol/client'
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio'
import { ourBridges } from '../bridge/bridges.ts'
import { type EnterpriseContext, enterpriseServer, startEnterprise } from './enterprise.ts'
import { startPerson } from './person.ts'

// The client the suite starts with the address of its server: `DRIVER_CLIENT` is how it opens, `legacy` (initialize),
// `modern` (2026-07-28 and nothing else) or `auto` (asks first). It plays the part the scenario expects of a client.
const url = process.argv.at(-1) ?? ''
const scenario = process.env.MCP_CONFORMANCE_SCENARIO ?? ''
const context = JSON.parse(process.env.MCP_CONFORMANCE_CONTEXT ?? '{}') as Context
const era = process.env.DRIVER_CLIENT ?? 'legacy'
const deadlineMs = Number(process.env.DRIVER_DEADLINE_MS ?? 30_000)
const attempts = 4
type Context = Partial<EnterpriseContext> & { toolCalls?: { name: string; arguments: Record<string, unknown> }[] }

const log = (...words: unknown[]) => process.stderr.write(`[driver] ${words.join(' ')}\n`)
const ignored = (work: Promise<unknown>) => work.catch((error: Error) => log('ignored:', error.message))
/** A client of one revision alone keeps to itself why `server/discover` was refused: the person then looks at the app. */
const wantsPerson = (error: Error & { data?: unknown }) =>
  /connect-needed|more-access-needed|sign-in|^Version negotiation failed/.test(
    `${error.message} ${JSON.stringify(error.data)}`,
  )

const person = await startPerson()
const isAuth = scenario.startsWith('auth/')
const enterprise = context.idp_id_token ? await startEnterprise(url, context as EnterpriseContext) : null
if (enterprise) person.env.CAUSEWAY_COMPANY = enterprise.origin
if (isAuth) await person.startApp()
if (enterprise) log(await person.causeway('login'))
const clientId =
  scenario === 'auth/basic-cimd' ? 'https://conformance-test.local/client-metadata.json' : context.client_id
let whileAsked = async () => {}

function createClient() {
  const elicitation = scenario.startsWith('elicitation') ? { form: { applyDefaults: true } } : { form: {} }
  const client = new Client(
    { name: 'conformance-driver', version: '1.0.0' },
    {
      capabilities: { elicitation, sampling: {}, roots: {} },
      versionNegotiation: { mode: era === 'modern' ? { pin: '2026-07-28' } : era === 'auto' ? 'auto' : 'legacy' },
    },
  )
  client.setRequestHandler('elicitation/create', async ({ params }) => {
    await whileAsked()
    const { properties = {} } = ('requestedSchema' in params ? params.requestedSchema : {}) as Schema
    const filled = Object.entries(properties).map(([key, { type }]) => [key, type === 'boolean' ? true : 'x'])
    return { action: 'accept', content: scenario.startsWith('elicitation') ? {} : Object.fromEntries(filled) }
  })
  client.setRequestHandler('sampling/createMessage', async () => ({
    role: 'assistant',
    model: 'none',
    content: { type: 'text', text: 'ok' },
  }))
  client.setRequestHandler('roots/list', async () => ({ roots: [] }))
  return client
}
type Schema = { properties?: Record<string, { type?: string }> }

function bridgeArgs() {
  // The company vouches for people at servers of its catalog; everything else is a server by its address.
  if (enterprise) return [ourBridges.node, enterpriseServer, '--client', 'conformance']
  if (context.client_secret) person.env.CONFORMANCE_SECRET = context.client_secret
  const secret = context.client_secret ? ['--client-secret-env', 'CONFORMANCE_SECRET'] : []
  return [ourBridges.alone, url, ...(clientId ? ['--client-id', clientId] : []), ...secret]
}

async function connect() {
  const args = bridgeArgs()
  const transport = new StdioClientTransport({ command: process.execPath, args, env: person.env, stderr: 'inherit' })
  const client = createClient()
  await client.connect(transport)
  return client
}

/** Signs in where a call is refused for want of it, as a person does, and tries that call again. */
async function withPerson<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work()
    } catch (error) {
      log(`attempt ${attempt}:`, (error as Error).message)
      if (!isAuth || attempt === attempts || !wantsPerson(error as Error)) throw error
      await person.signInWhereAsked()
    }
  }
}

async function play(client: Client) {
  const call = (name: string, args: Record<string, unknown> = {}) =>
    withPerson(() => client.callTool({ name, arguments: args }))
  if (scenario === 'request-metadata') return void (await ignored(client.listTools()))
  const { tools } = await withPerson(() => client.listTools())
  log('tools:', tools.map(({ name }) => name).join(' '))
  const [first] = tools
  switch (scenario) {
    case 'http-standard-headers': {
      if (first) await call(first.name)
      const { resources } = await client.listResources()
      await client.readResource({ uri: resources[0]?.uri ?? '' })
      const { prompts } = await client.listPrompts()
      await client.getPrompt({ name: prompts[0]?.name ?? '' })
      return
    }
    case 'http-custom-headers':
      for (const each of context.toolCalls ?? []) await call(each.name, each.arguments)
      return
    case 'http-invalid-tool-headers':
      for (const { name } of tools) await ignored(call(name, { region: 'us-west1' }))
      return
    case 'json-schema-ref-no-deref':
      return
    case 'json-schema-2020-12-preservation': {
      const focal = tools.find(({ name }) => name === 'json_schema_2020_12_tool')
      return void (await call('json_schema_echo', { schema: focal?.inputSchema }))
    }
    case 'sep-2322-client-request-state':
      whileAsked = async () => void (await call('test_mrtr_unrelated'))
      await call('test_mrtr_echo_state')
      whileAsked = async () => {}
      await call('test_mrtr_no_state')
      // A strict client may refuse the answer; the call is what counts.
      return void (await ignored(call('test_mrtr_no_result_type')))
    default:
      if (tools.some(({ name }) => name === 'test-tool')) await call('test-tool')
      else if (first) await call(first.name, { a: 2, b: 3 })
  }
}

let client: Client | null = null
async function flow() {
  client = await withPerson(connect)
  await play(client)
  log('done')
}
const late = new Promise<never>((_, reject) => setTimeout(() => reject(new Error('too late')), deadlineMs).unref())
const code = await Promise.race([flow(), late]).then(
  () => 0,
  (error: Error) => {
    log('failed:', error.message)
    return 1
  },
)
await Promise.race([
  ignored((client as Client | null)?.close() ?? Promise.resolve()),
  new Promise((resolve) => setTimeout(resolve, 4_000)),
])
await person.close()
await enterprise?.close()
process.exit(code)
