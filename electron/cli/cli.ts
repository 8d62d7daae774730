import { Command, CommanderError, InvalidArgumentError } from 'commander'
import { brand } from '../../shared/brand.ts'
import { toProblem } from '../../shared/problems.ts'
import { addApps } from './apps-program.ts'
import { login, logout } from './auth-commands.ts'
import { addConnections } from './connections-program.ts'
import { addPolicy } from './policy-program.ts'
import { toLines } from './print.ts'
import * as read from './read-commands.ts'
import { exitCodes, type Result } from './result.ts'
import { type AgentOptions, type Connection, createSession, type Needs } from './session.ts'
import { addSync } from './sync-command.ts'

/** The command line: the same words, codes and snapshots as the window. Returns the exit code. */
export async function runCli(needs: Needs, argv: string[]): Promise<number> {
  const session = createSession(needs)
  const filesSession = createSession({ ...needs, connect: needs.connectFiles })
  let code: number = exitCodes.done
  const program = new Command(brand.slug)
    .description('The company’s MCP servers for the AI clients on this machine.')
    .version(needs.version)
    .exitOverride()
    .configureOutput({ writeOut: (text) => needs.out(text.trimEnd()), writeErr: (text) => needs.err(text.trimEnd()) })

  const add = (
    parent: Command,
    usage: string,
    about: string,
    run: (connection: Connection, ...given: never[]) => Promise<Result>,
    filesOnly: (options: { all?: boolean }) => boolean = () => false,
  ) =>
    parent
      .command(usage, { isDefault: usage === 'list' || usage === 'show' })
      .description(about)
      .option('--json', 'print JSON')
      .action(async (...given: unknown[]) => {
        const options = (given.at(-2) as { json?: boolean; all?: boolean } | undefined) ?? {}
        const start = filesOnly(options) ? filesSession : session
        code = await start(options.json ?? false, (connection) => run(connection, ...(given as never[])))
      })

  add(program, 'status', 'what works and what needs you', read.status)
  add(program, 'login', 'sign in through the browser', (connection, options: { device?: boolean }) =>
    login(connection, needs.err, options),
  ).option('--device', 'sign in on another device, with a code')
  add(program, 'logout', 'sign out and delete the tokens', (connection, options: { browser?: boolean }) =>
    logout(connection, options),
  ).option('--browser', 'end the session of the browser as well')
  add(program, 'servers', 'the company’s servers and their state', read.servers)
  add(program, 'tools <server>', 'the tools of one server', (connection, server: string) =>
    read.tools(connection, server),
  )
  add(program, 'activity', 'the newest calls', (connection, options: { limit: number; search?: string }) =>
    read.activity(connection, options),
  )
    .option('--limit <n>', 'how many', toCount, 20)
    .option('--search <text>', 'only calls with these words')
  add(program, 'company <address>', 'join a company by its address', async ({ api }, address: string) => {
    const app = await api.app.setCompany({ address })
    return { json: app, text: `Joined ${app.company?.name}.` }
  })
  add(program, 'doctor', 'versions, states and paths, redacted, for a help desk', async ({ api }) => {
    const text = await api.app.diagnostics()
    return { json: { text }, text }
  })
  add(program, 'open', 'show the window of the running app', read.open, () => true)
  add(program, 'quit', 'end the running app', async ({ api, running }) => {
    if (running) await api.app.quit()
    return { json: { quit: running }, text: running ? 'The app ends.' : 'The app is not running.' }
  })
  addApps(program, add)
  addConnections(program, add, needs)
  const alone = createSession({ ...needs, connect: async () => ({ close: async () => {} }) })
  const aside = async (json: boolean, work: () => Promise<Result>) => {
    code = await alone(json, work)
  }
  addPolicy(program, add, needs.policyFiles, aside)
  addSync(program, needs.team, aside)
  program
    .command('bridge', { hidden: false })
    .description('carry an AI client’s messages to a server by its address; see causeway bridge --help')
    .helpOption(false)
    .allowUnknownOption()
    .allowExcessArguments()
    .action(() => needs.runBridge())
  program
    .command('agent')
    .description('run the app without a desktop, until Ctrl-C')
    .option('--ui', 'serve the window on loopback and print its address', false)
    .option('--no-open', 'do not open the browser')
    .option('--port <n>', 'port of the window', toPort, 0)
    .option('--company <address>', 'join this company first')
    .action(async (options: AgentOptions) => {
      code = await needs.runAgent(options).catch((error: unknown) => {
        const problem = toProblem(error)
        if (problem.code === 'internal') throw error
        needs.err(toLines(problem))
        return exitCodes.problem
      })
    })

  try {
    await program.parseAsync(argv, { from: 'user' })
    return code
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    return error.exitCode === 0 ? exitCodes.done : exitCodes.usage
  }
}

function toCount(text: string) {
  const count = Number(text)
  if (!Number.isInteger(count) || count < 1 || count > 500) throw new InvalidArgumentError('a number from 1 to 500')
  return count
}

function toPort(text: string) {
  const port = Number(text)
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new InvalidArgumentError('a port from 0 to 65535')
  return port
}
