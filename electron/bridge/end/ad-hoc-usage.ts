import { readFileSync } from 'node:fs'
import { brand } from '../../../shared/brand.ts'
import { countForeign, instead } from './foreign-flags.ts'

/** A server that is in no catalog, as the hello carries it (README, “Servers by address”). */
type AdHoc = {
  transport: 'auto' | 'http' | 'sse'
  url: string
  headers: Record<string, string>
  clientId?: string
  clientSecret?: string
  maxAnswerBytes?: number
  era?: 'legacy' | 'modern'
}
export type AdHocUsage =
  | { kind: 'run'; adHoc: AdHoc; client: string | null }
  | { kind: 'say'; text: string }
  | { kind: 'wrong'; text: string }

type Env = Record<string, string | undefined>

const help = `Usage: ${brand.slug} bridge <url> [options]

Carries MCP messages between the AI client that starts it (stdin, stdout) and the server
at <url>, without any set-up: through the ${brand.product} app where it runs, by itself
where it does not.

  --header 'K: V'        a header of every request (repeat); \${NAME} is taken from the environment
  --header-file <path>   headers from a file, one 'K: V' in a line, # begins a comment
  --bearer <token>       short for --header 'Authorization: Bearer <token>'
  --bearer-env <NAME>    the same, the token from the environment: nobody sees it in a list of processes
  --transport <kind>     auto (default), http or sse; also http-first, http-only, sse-first, sse-only
  --protocol <era>       auto (default), legacy (up to 2025-11-25) or modern (2026-07-28)
  --client-id <id>       client id at the server's own sign-in, where it wants one registered before
  --client-secret-env <NAME>
                         its secret, where there is one, from the environment
  --max-answer <MB>      pass on answers up to this size (default 10: many clients go deaf past that; 64 at most)
  --allow-http           allow an http: address that is not on this machine
  --client <id>          name of the AI client, for the activity log
  --version, --help

A command line for mcp-remote works as it is where what it says has a meaning here.

Environment: CAUSEWAY_HOME  the app's data folder, where it is not the usual one`

const transports: Record<string, AdHoc['transport']> = {
  auto: 'auto',
  http: 'http',
  sse: 'sse',
  'http-first': 'auto',
  'sse-first': 'auto',
  'http-only': 'http',
  'sse-only': 'sse',
}
const clientName = /^[a-z0-9][a-z0-9-]{0,62}$/
const headerName = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/

/** A sentence for stderr; thrown so that the reading below stays in one line each. */
class Wrong extends Error {}
const wrong = (why: string): never => {
  throw new Wrong(`${brand.slug} bridge: ${why} (see --help)`)
}

/** What the command line asks for. Nothing is guessed: an argument or a variable this version does not know is refused. */
export function readAdHocUsage(args: string[], env: Env, version: string): AdHocUsage {
  if (args.includes('--help') || args.includes('-h')) return { kind: 'say', text: help }
  if (args.includes('--version') || args.includes('-v')) return { kind: 'say', text: version }
  try {
    return { kind: 'run', ...read(args, env) }
  } catch (error) {
    if (error instanceof Wrong) return { kind: 'wrong', text: error.message }
    throw error
  }
}

function read(args: string[], env: Env) {
  const headers: Record<string, string> = {}
  const adHoc: AdHoc = { transport: 'auto', url: '', headers }
  let client: string | null = null
  let allowHttp = false
  const add = (line: string) => {
    const { name, value } = readHeader(line, env)
    headers[name] = value
  }
  const options: Record<string, (value: string) => void> = {
    '--header': add,
    '--header-file': (path) => readLines(path).forEach(add),
    '--bearer': (token) => add(`Authorization: Bearer ${token}`),
    '--bearer-env': (name) => add(`Authorization: Bearer ${fromEnv(name, env)}`),
    '--transport': (kind) => {
      adHoc.transport = transports[kind] ?? wrong(`“${kind}” is not a transport it knows`)
    },
    '--client-id': (id) => {
      adHoc.clientId = id
    },
    '--client-secret-env': (name) => {
      adHoc.clientSecret = fromEnv(name, env)
    },
    '--protocol': (era) => {
      if (era === 'legacy' || era === 'modern') adHoc.era = era
      else if (era !== 'auto') wrong(`“${era}” is not auto, legacy or modern`)
    },
    '--max-answer': (megabytes) => {
      const count = Number(megabytes)
      if (!(count > 0 && count <= 64)) wrong('--max-answer is a number of megabytes, 64 at most')
      adHoc.maxAnswerBytes = Math.floor(count * 1024 * 1024)
    },
    '--client': (name) => {
      client = clientName.test(name) ? name : wrong(`“${name}” is not the name of a client`)
    },
  }
  for (let at = 0; at < args.length; at += 1) {
    const arg = args[at] as string
    const [name = '', inline] = arg.startsWith('--') ? splitOnce(arg, '=') : [arg]
    const option = Object.hasOwn(options, name) ? options[name] : undefined
    const foreign = countForeign(name, inline !== undefined)
    if (option) option(inline ?? args[++at] ?? wrong(`${name} needs a value`))
    else if (arg === '--allow-http') allowHttp = true
    else if (foreign > 0) at += foreign - 1
    else if (Object.hasOwn(instead, name)) wrong(`it does not know ${name}: ${instead[name]}`)
    else if (arg.startsWith('-')) wrong(`it does not know the option ${arg}`)
    // The port on which mcp-remote waits for its sign-in.
    else if (adHoc.url && /^\d{1,5}$/.test(arg)) continue
    else if (adHoc.url) wrong('it takes one address')
    else adHoc.url = arg
  }
  adHoc.url = readUrl(adHoc.url, allowHttp)
  if (adHoc.clientSecret !== undefined && !adHoc.clientId) wrong('a secret is of no use without its --client-id')
  return { adHoc, client }
}

function readUrl(text: string, allowHttp: boolean) {
  if (text === '') wrong('it needs the address of a server')
  const url = URL.canParse(text) ? new URL(text) : wrong(`“${text}” is not an address`)
  if (url.protocol !== 'https:' && url.protocol !== 'http:') wrong(`“${text}” is not an https address`)
  if (url.username || url.password) wrong('a name or password in the address is not sent; use --header')
  const isHere = /^(localhost|127(\.\d+){3}|\[::1\])$/.test(url.hostname)
  // Whoever listens on the way would read the headers.
  if (url.protocol === 'http:' && !isHere && !allowHttp)
    wrong(`“${text}” is not encrypted; say --allow-http if it must be`)
  return text
}

function readHeader(line: string, env: Env) {
  const [name, text] = splitOnce(line, ':')
  if (text === undefined || !headerName.test(name.trim())) wrong('a header looks like Name: value')
  const value = (text as string).replace(/\$\{(\w+)\}/g, (_, variable: string) => fromEnv(variable, env)).trim()
  return { name: name.trim().toLowerCase(), value }
}

const fromEnv = (name: string, env: Env): string => env[name] ?? wrong(`the environment has no ${name}`)

function readLines(path: string): string[] {
  try {
    const lines = readFileSync(path, 'utf8').split(/\r?\n/)
    return lines.map((line) => line.trim()).filter((line) => line !== '' && !line.startsWith('#'))
  } catch (error) {
    return wrong(`the file of headers cannot be read: ${(error as NodeJS.ErrnoException).code}`)
  }
}

function splitOnce(text: string, mark: string): [string, string | undefined] {
  const at = text.indexOf(mark)
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)]
}
