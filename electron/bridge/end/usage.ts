import { brand } from '../../../shared/brand.ts'

export type Usage =
  | { kind: 'run'; server: string; client: string | null }
  | { kind: 'say'; text: string }
  | { kind: 'wrong'; text: string }

const name = /^[a-z0-9][a-z0-9-]{0,62}$/
const help = `Usage: ${brand.bridgeCommand} <server> [--client <id>]

Carries MCP messages between the AI client that starts it (stdin, stdout) and the
${brand.product} app, which reaches the server and signs in to it. The app is started
when it does not run.

  <server>        name of the server, as in the app
  --client <id>   name of the AI client, for the activity log
  --version       print the version
  --help          print this text

Environment: CAUSEWAY_HOME  the app's data folder, where it is not the usual one`

/** What the command line asks for. Nothing is guessed: an argument this version does not know is refused. */
export function readUsage(args: string[], version: string): Usage {
  let server: string | null = null
  let client: string | null = null
  for (let at = 0; at < args.length; at += 1) {
    const arg = args[at] as string
    if (arg === '--help' || arg === '-h') return { kind: 'say', text: help }
    if (arg === '--version' || arg === '-v') return { kind: 'say', text: version }
    if (arg === '--client' || arg.startsWith('--client=')) {
      client = arg === '--client' ? (args[++at] ?? '') : arg.slice('--client='.length)
      if (!name.test(client)) return wrong(`“${client}” is not the name of a client`)
    } else if (arg.startsWith('-')) return wrong(`it does not know the option ${arg}`)
    else if (server !== null) return wrong(`it takes one server, not “${server}” and “${arg}”`)
    else if (!name.test(arg)) return wrong(`“${arg}” is not the name of a server: lower-case letters, digits and -`)
    else server = arg
  }
  return server === null ? wrong('it needs the name of a server') : { kind: 'run', server, client }
}

const wrong = (why: string): Usage => ({ kind: 'wrong', text: `${brand.bridgeCommand}: ${why} (see --help)` })
