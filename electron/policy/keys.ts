import { z } from 'zod'
import { SettingsChange } from '../../shared/contract/settings.ts'
import { isLoopback } from '../lib/fetch-document.ts'

/** A thing IT can decide. A limit has a `strictest` value, which holds where IT said something that nobody can read. */
type Key<S extends z.ZodType> = {
  schema: S
  title: string
  text: string
  example: z.input<S>
  /** What holds where nobody says anything. */
  usual: z.output<S> | null
  strictest?: z.output<S> | null
}
const define = <S extends z.ZodType>(key: Key<S>) => key
const choices = SettingsChange.shape

const Address = z
  .url({ protocol: /^https?$/ })
  .max(2048)
  .refine((text) => !isPlain(text), 'it must be an https address without a name and password')

function isPlain(text: string) {
  const url = new URL(text)
  return url.username !== '' || url.password !== '' || (url.protocol !== 'https:' && !isLoopback(url))
}

/**
 * All that IT can decide: the one source of what is accepted, of the published schema, of the page about it and of what
 * a person is shown. The names are those of the settings, because they are the same things.
 */
export const keys = {
  company: define({
    schema: Address,
    title: 'Company address',
    text: 'The address of the company, so that nobody has to type it. Set, nobody can join another one.',
    example: 'https://mcp.example.com',
    usual: null,
    strictest: null,
  }),
  allowAdHoc: define({
    schema: choices.allowAdHoc.unwrap(),
    title: 'Servers outside of the company’s list',
    text: 'Whether AI clients may be started with a server by its address (`causeway bridge <url>`).',
    example: false,
    usual: true,
    strictest: false,
  }),
  requireKeychain: define({
    schema: z.boolean(),
    title: 'A keychain is required',
    text: 'Sign-ins are refused on a computer without a keychain, rather than kept in memory or by a passphrase. Goes before what the company’s document says.',
    example: true,
    usual: false,
    strictest: true,
  }),
  repairApps: define({
    schema: choices.repairApps.unwrap(),
    title: 'Repair of AI clients',
    text: 'What happens when an AI client loses the entries that were set up: nothing, the person is asked, or they are put back.',
    example: 'auto',
    usual: 'ask',
  }),
  proxy: define({
    schema: choices.proxy.unwrap(),
    title: 'Proxy',
    text: 'How hosts are reached: as the system says, straight, or through one proxy. A proxy’s name and password do not belong here.',
    example: { mode: 'fixed', url: 'http://proxy.example.com:3128', bypass: ['example.com', '10.0.0.0/8'] },
    usual: { mode: 'system' },
  }),
  caFiles: define({
    schema: choices.caFiles.unwrap(),
    title: 'Further certificates to trust',
    text: 'Files with authorities, PEM or DER, that are trusted besides those of the computer. Where set for good, a file that somebody else than the administrator could change is left out.',
    example: ['/etc/causeway/example-root.pem'],
    usual: [],
    strictest: [],
  }),
  activityDays: define({
    schema: choices.activityDays.unwrap(),
    title: 'Days of activity kept',
    text: 'How long the log of calls is kept on the computer; 0 keeps none.',
    example: 90,
    usual: 30,
  }),
  answerMb: define({
    schema: choices.answerMb.unwrap(),
    title: 'Largest answer',
    text: 'The largest answer, in MB, that an AI client is given in one piece; `null` is what is known of the client.',
    example: 20,
    usual: null,
  }),
  startAtLogin: define({
    schema: choices.startAtLogin.unwrap(),
    title: 'Start at login',
    text: 'Whether the desktop app starts when the person logs in.',
    example: true,
    usual: true,
  }),
  allowUserPolicy: define({
    schema: z.boolean(),
    title: 'Policy for single persons',
    text: 'Whether policy for one person counts as well (the registry’s `HKEY_CURRENT_USER`, a macOS profile for a user). Only where the computer’s own policy says so.',
    example: true,
    usual: false,
    strictest: false,
  }),
}

export type PolicyKey = keyof typeof keys
type Values = { [K in PolicyKey]: z.output<(typeof keys)[K]['schema']> }
export type PolicyValues = Omit<Values, 'company'> & { company: string | null }
export const policyKeys = Object.keys(keys) as PolicyKey[]
