import { z } from 'zod'

/** What the button beside a problem does. `none` is a sentence without a button. */
export const Remedy = z.enum([
  'none',
  'retry',
  'sign-in',
  'unlock-keychain',
  'open-file',
  'open-activity',
  'open-servers',
  'open-apps',
  'restart-app',
  'set-company',
  'ask-it',
  'reset-vault',
  'repair',
  'connect',
  'enter-key',
  'enter-passphrase',
])
export type Remedy = z.infer<typeof Remedy>

/**
 * Every sentence a person can meet when something fails, and the one button beside it. The tray, the window, the
 * command line and the AI client (through a JSON-RPC error) say the same thing because they all read it here.
 */
export const problems = {
  internal: { title: 'Something went wrong in the app', remedy: 'retry' },
  'ipc.bad-request': { title: 'The app received a request it does not understand', remedy: 'none' },
  'ipc.forbidden': { title: 'This request is not allowed from here', remedy: 'none' },
  'ipc.bad-answer': { title: 'The app and this window are of different versions', remedy: 'restart-app' },
  'ipc.disconnected': { title: 'The connection to the app was lost', remedy: 'retry' },
  'ipc.session-over': { title: 'This window is no longer signed in to the app', remedy: 'none' },
  'ipc.port-taken': { title: 'Another program uses this port', remedy: 'none' },
  'app.no-company': { title: 'No company is set up yet', remedy: 'set-company' },
  'app.company-unreachable': { title: 'The company’s address does not answer', remedy: 'retry' },
  'app.company-invalid': { title: 'The company’s address does not describe a company', remedy: 'set-company' },
  'app.cannot-open': { title: 'No program could be started for this file; open it by hand', remedy: 'none' },
  'app.disk-full': { title: 'There is no space left on the disk', remedy: 'retry' },
  'app.no-window': { title: 'The app runs without a window', remedy: 'restart-app' },
  'app.not-running': { title: 'The app is not running', remedy: 'restart-app' },
  'app.already-running': { title: 'The app is already running', remedy: 'none' },
  'catalog.unreachable': { title: 'The list of servers cannot be fetched', remedy: 'retry' },
  'catalog.invalid': { title: 'The company’s list of servers is not valid', remedy: 'ask-it' },
  'catalog.not-allowed': { title: 'Your groups do not include this server', remedy: 'ask-it' },
  'auth.signed-out': { title: 'You are signed out', remedy: 'sign-in' },
  'auth.opening': { title: 'Your sign-in is being read', remedy: 'none' },
  'auth.cancelled': { title: 'The sign-in was cancelled', remedy: 'sign-in' },
  'auth.timed-out': { title: 'The sign-in was not finished in time', remedy: 'sign-in' },
  'auth.sso-unreachable': { title: 'The company’s sign-in cannot be reached', remedy: 'retry' },
  'auth.network-sign-in': { title: 'This network wants a sign-in of its own', remedy: 'retry' },
  'auth.proxy-refused': { title: 'The network’s proxy did not let the sign-in through', remedy: 'retry' },
  'auth.issuer-invalid': { title: 'The company’s sign-in is not set up as expected', remedy: 'ask-it' },
  'auth.refused-by-sso': { title: 'The company’s sign-in refused this app', remedy: 'ask-it' },
  'auth.answer-refused': { title: 'The answer of the sign-in could not be trusted', remedy: 'sign-in' },
  'auth.ports-busy': { title: 'Every port for the sign-in is in use', remedy: 'retry' },
  'auth.no-device-code': { title: 'The company does not offer a sign-in on another device', remedy: 'sign-in' },
  'auth.clock-wrong': { title: 'This computer’s clock is wrong', remedy: 'sign-in' },
  'auth.other-person': { title: 'This is somebody else’s sign-in; sign out first to switch', remedy: 'sign-in' },
  'auth.session-ended': { title: 'Your session has ended', remedy: 'sign-in' },
  'auth.interaction-needed': { title: 'The company asks you to confirm who you are', remedy: 'sign-in' },
  'auth.step-up-needed': { title: 'A server asks for more access than you have given it', remedy: 'sign-in' },
  'auth.groups-missing': { title: 'Your groups could not be read', remedy: 'ask-it' },
  'auth.scope-refused': { title: 'The company granted less than some servers need', remedy: 'ask-it' },
  'auth.audience-refused': { title: 'The company’s sign-in gives no access to this server', remedy: 'ask-it' },
  'auth.audience-new': { title: 'This server was added after you signed in', remedy: 'sign-in' },
  'auth.not-stored': { title: 'Your sign-in could not be saved and ends with the app', remedy: 'retry' },
  'auth.record-unreadable': { title: 'Your saved sign-in cannot be read', remedy: 'sign-in' },
  'auth.sign-out-incomplete': { title: 'You are signed out here, but not everywhere', remedy: 'sign-in' },
  'auth.no-api-key': { title: 'The key for this server is missing', remedy: 'enter-key' },
  'auth.api-key-invalid': { title: 'The key for this server is not one that can be sent', remedy: 'enter-key' },
  'auth.api-key-refused': { title: 'The server refused the key', remedy: 'enter-key' },
  'auth.server-wants-sign-in': { title: 'The server wants a sign-in that is not configured', remedy: 'ask-it' },
  'auth.connect-needed': { title: 'This server wants a sign-in of its own', remedy: 'connect' },
  'auth.connection-ended': { title: 'Your sign-in at this server has ended', remedy: 'connect' },
  'auth.more-access-needed': { title: 'This server asks for more access than you have given it', remedy: 'connect' },
  'auth.server-sso-invalid': { title: 'This server’s sign-in is not set up as expected', remedy: 'ask-it' },
  'auth.server-sso-unreachable': { title: 'This server’s sign-in cannot be reached', remedy: 'retry' },
  'auth.server-sso-refused': { title: 'This server’s sign-in refused this app', remedy: 'ask-it' },
  'auth.address-refused': { title: 'The server names an address that must not be asked', remedy: 'ask-it' },
  'auth.policy-refused': { title: 'Your company does not give you access to this server', remedy: 'ask-it' },
  'auth.unknown-connection': { title: 'There is no such connection', remedy: 'connect' },
  'network.not-trusted': { title: 'The server’s certificate is not trusted', remedy: 'ask-it' },
  'network.pin-mismatch': { title: 'The server’s key is not the one your company expects', remedy: 'ask-it' },
  'network.client-certificate': { title: 'The certificate of this computer cannot be used', remedy: 'ask-it' },
  'network.tls': { title: 'No encrypted connection could be agreed on', remedy: 'ask-it' },
  'network.proxy-invalid': { title: 'The proxy that is set up cannot be used', remedy: 'ask-it' },
  'network.proxy-unreachable': { title: 'The network’s proxy does not answer', remedy: 'retry' },
  'network.proxy-sign-in': { title: 'The network’s proxy wants a sign-in', remedy: 'ask-it' },
  'network.proxy-refused': { title: 'The network’s proxy did not let the connection through', remedy: 'ask-it' },
  'bridge.unknown-server': { title: 'There is no server of this name', remedy: 'open-servers' },
  'bridge.ad-hoc-forbidden': { title: 'Only servers of the company’s list may be used here', remedy: 'open-servers' },
  'bridge.unreachable': { title: 'The server does not answer', remedy: 'retry' },
  'bridge.server-error': { title: 'The server answered with an error', remedy: 'retry' },
  'bridge.interrupted': { title: 'The connection was lost before the answer came', remedy: 'retry' },
  'bridge.answer-too-large': { title: 'The answer is larger than this app can take', remedy: 'none' },
  'bridge.request-too-large': { title: 'The request is too large to be sent', remedy: 'none' },
  'bridge.too-many-calls': { title: 'Too many calls are running at once', remedy: 'retry' },
  'bridge.version-mismatch': { title: 'The app and its bridge are of different versions', remedy: 'restart-app' },
  'bridge.folder-unsafe': { title: 'The app’s connection folder is not safe to use', remedy: 'ask-it' },
  'bridge.offline': { title: 'There is no network', remedy: 'retry' },
  'bridge.timeout': { title: 'The server took too long to answer', remedy: 'retry' },
  'bridge.proxy': { title: 'The company’s proxy did not let the connection through', remedy: 'ask-it' },
  'bridge.redirected': { title: 'The server points to another address', remedy: 'ask-it' },
  'bridge.unauthorized': { title: 'The server did not accept your sign-in', remedy: 'sign-in' },
  'bridge.forbidden': { title: 'The server does not allow this to you', remedy: 'ask-it' },
  'bridge.refused': { title: 'The server refused the request', remedy: 'none' },
  'bridge.rate-limited': { title: 'The server asks to slow down', remedy: 'retry' },
  'bridge.bad-answer': { title: 'The server sent something that is not an answer', remedy: 'retry' },
  'bridge.bad-header': { title: 'A header set for this server is not valid', remedy: 'ask-it' },
  'bridge.session-lost': { title: 'The server forgot this session', remedy: 'retry' },
  'bridge.version-changed': { title: 'The server changed its protocol version: restart your AI app', remedy: 'none' },
  'bridge.modern-only': { title: 'This server needs a newer AI app', remedy: 'ask-it' },
  'bridge.question-unanswered': { title: 'The server asked what this app cannot answer', remedy: 'none' },
  'bridge.process-failed': { title: 'The local server does not run', remedy: 'open-servers' },
  'bridge.argument-unsafe': {
    title: 'An argument of the local server cannot be passed on safely',
    remedy: 'open-servers',
  },
  'vault.locked': { title: 'The keychain is locked', remedy: 'unlock-keychain' },
  'vault.keychain-silent': { title: 'The keychain does not answer', remedy: 'unlock-keychain' },
  'vault.no-keychain': {
    title: 'This computer has no keychain, so you will sign in again after each restart of the app',
    remedy: 'retry',
  },
  'vault.keychain-refused': {
    title: 'The keychain did not take the app’s key, so you will sign in again after each restart of the app',
    remedy: 'unlock-keychain',
  },
  'vault.keychain-required': {
    title: 'Your company requires a keychain, and this computer has none',
    remedy: 'ask-it',
  },
  'vault.passphrase-needed': { title: 'Your saved sign-ins wait for your passphrase', remedy: 'enter-passphrase' },
  'vault.passphrase-wrong': { title: 'This is not the passphrase', remedy: 'enter-passphrase' },
  'vault.passphrase-weak': { title: 'The passphrase is too short', remedy: 'enter-passphrase' },
  'vault.passphrase-not-needed': { title: 'A passphrase is only for computers without a keychain', remedy: 'none' },
  'vault.no-passphrase': { title: 'No passphrase is in use here', remedy: 'none' },
  'vault.set-aside': { title: 'Your saved sign-ins could not be read and were set aside', remedy: 'sign-in' },
  'vault.newer': { title: 'Your saved sign-ins were written by a newer version of the app', remedy: 'reset-vault' },
  'vault.unreadable': { title: 'The file of your saved sign-ins cannot be opened', remedy: 'reset-vault' },
  'vault.not-saved': { title: 'Your sign-ins cannot be saved right now and are kept in memory', remedy: 'retry' },
  'vault.busy': { title: 'Another copy of the app holds your saved sign-ins', remedy: 'retry' },
  'settings.set-aside': { title: 'Your settings could not be read and were set aside', remedy: 'none' },
  'settings.not-saved': { title: 'Your settings could not be saved', remedy: 'retry' },
  'policy.locked': { title: 'Your company has decided this for this computer', remedy: 'ask-it' },
  'policy.unreadable': { title: 'Your company’s rules for this computer cannot be trusted or read', remedy: 'ask-it' },
  'policy.key-invalid': { title: 'One of your company’s rules for this computer is not valid', remedy: 'ask-it' },
  'policy.key-unknown': {
    title: 'One of your company’s rules is unknown to this version of the app',
    remedy: 'ask-it',
  },
  'policy.form-unknown': {
    title: 'Rules are written for macOS as .mobileconfig, for Windows as .reg',
    remedy: 'none',
  },
  'policy.not-written': { title: 'The file could not be written', remedy: 'none' },
  'policy.file-untrusted': { title: 'A certificate your company names could be changed by others', remedy: 'ask-it' },
  'activity.unavailable': { title: 'The activity log cannot be opened', remedy: 'retry' },
  'activity.set-aside': { title: 'The activity log was damaged, so a new one was started', remedy: 'none' },
  'activity.not-saved': { title: 'New activity cannot be saved right now', remedy: 'retry' },
  'clients.unknown': { title: 'This app is not one that can be set up', remedy: 'open-apps' },
  'clients.unsupported': { title: 'This app does not exist on this kind of computer', remedy: 'open-apps' },
  'clients.unreadable': {
    title: 'The app’s settings file cannot be edited safely, so it was left alone',
    remedy: 'open-file',
  },
  'clients.changed-meanwhile': {
    title: 'The app’s settings file changed in the meantime, nothing was written',
    remedy: 'retry',
  },
  'clients.not-writable': { title: 'The app’s settings file cannot be written, it is as it was', remedy: 'open-file' },
  'clients.disk-full': { title: 'There is no space left on the disk, the file is as it was', remedy: 'retry' },
  'clients.ledger-set-aside': {
    title: 'The record of what was set up could not be read and was set aside; entries are not recognised as ours',
    remedy: 'open-apps',
  },
  'clients.no-backup': { title: 'This copy of the file is gone or damaged, nothing was changed', remedy: 'none' },
  'clients.not-set-up': { title: 'There is no entry of ours in this app’s settings file', remedy: 'open-apps' },
  'clients.not-ours': { title: 'The entry in the app’s settings file starts another program', remedy: 'repair' },
  'clients.check-failed': {
    title: 'The command in the app’s settings file does not lead to the server',
    remedy: 'repair',
  },
  'clients.file-in-use': {
    title: 'The app is writing its settings file right now, nothing was written',
    remedy: 'retry',
  },
  'clients.needs-repair': { title: 'The app’s settings file no longer says what was set up', remedy: 'repair' },
  'clients.not-finished': { title: 'One step is left in the app itself', remedy: 'open-apps' },
  'clients.policy-blocks': { title: 'IT’s rules for this app keep the company’s servers out of it', remedy: 'ask-it' },
  'team.not-found': { title: 'There is no team file (.agents/mcp/mcp-servers.json) in this project', remedy: 'none' },
  'team.unreadable': { title: 'The team file cannot be read', remedy: 'open-file' },
  'team.invalid': { title: 'The team file is not valid', remedy: 'open-file' },
  'team.secret': {
    title: 'A secret stands in a file that everybody in the project can read; a variable belongs there',
    remedy: 'open-file',
  },
  'team.variable': { title: 'A variable cannot be written the way this client needs it', remedy: 'open-file' },
  'team.no-environment': { title: 'The team file does not know this environment', remedy: 'open-file' },
  'team.outside': { title: 'A project file leads out of the project, so nothing was written', remedy: 'none' },
  'team.import-differs': { title: 'Two files of the project say different things about one server', remedy: 'none' },
  'clients.policy-forbids': {
    title: 'IT decides which servers this app may use, so nothing was written',
    remedy: 'ask-it',
  },
} as const satisfies Record<string, { title: string; remedy: Remedy }>

export type ProblemCode = keyof typeof problems
const codes = Object.keys(problems) as [ProblemCode, ...ProblemCode[]]

/** A problem on the wire. `detail` names the thing at hand (a host, a file and line); it never carries a secret. */
export const ProblemData = z.object({
  code: z.enum(codes),
  title: z.string(),
  remedy: Remedy,
  detail: z.string().optional(),
})
export type ProblemData = z.infer<typeof ProblemData>

/** Thrown for what a person can act on. Anything else that is thrown is a bug. */
export class Problem extends Error {
  readonly code: ProblemCode
  readonly detail: string | undefined

  constructor(code: ProblemCode, detail?: string, options?: { cause?: unknown }) {
    super(detail ? `${problems[code].title}: ${detail}` : problems[code].title, options)
    this.name = 'Problem'
    this.code = code
    this.detail = detail
  }

  get data(): ProblemData {
    const { title, remedy } = problems[this.code]
    return { code: this.code, title, remedy, ...(this.detail === undefined ? {} : { detail: this.detail }) }
  }
}

/** Turns whatever was thrown into data. A bug keeps its text out of sight: it may hold anything. */
export function toProblem(error: unknown): ProblemData {
  if (error instanceof Problem) return error.data
  // Any write can meet a full disk; a person can act on it, so it is not a bug wherever it happens.
  if (error instanceof Error && 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT'))
    return new Problem('app.disk-full').data
  const parsed = ProblemData.safeParse(error)
  if (parsed.success) return parsed.data
  return new Problem('internal').data
}

/** A problem that crossed a carrier, as an error again. */
export const fromData = (data: ProblemData) => new Problem(data.code, data.detail)
