import { mkdir, stat } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { brand } from '../../../shared/brand.ts'
import { Problem } from '../../../shared/problems.ts'
import { writeAtomic } from '../../lib/atomic-file.ts'
import { checkPolicyFile, type PolicyCheck } from '../check-file.ts'
import { policyKeys } from '../keys.ts'
import { parseFlat, type Table, type Tables } from '../reading.ts'
import { parseKey } from '../values.ts'
import { toAdml, toAdmx } from './admx.ts'
import { toProfile } from './profile.ts'
import { toReg } from './reg.ts'

/** `written` is null where the draft has something wrong in it: then there is no file. */
export type PolicyConversion = PolicyCheck & { written: string | null }

const forms: Record<string, (tables: Tables) => Promise<string> | Buffer> = {
  '.mobileconfig': toCheckedProfile,
  '.reg': toReg,
}

/** A `policy.json` in the form a management tool takes; which one, the name of the new file says. */
export async function convertPolicy(from: string, to: string): Promise<PolicyConversion> {
  const form = forms[extname(to).toLowerCase()]
  if (!form) throw new Problem('policy.form-unknown', to)
  const { tables, ...check } = await checkPolicyFile(from)
  if (check.problems.length > 0 || !tables) return { ...check, written: null }
  if (await isSameFile(from, to)) throw new Problem('policy.not-written', `${to} is the draft itself`)
  await write(to, await form(toUnderstood(tables, false)))
  return { ...check, written: to }
}

/** Group Policy’s templates of every key, in the folders they have under `PolicyDefinitions`. */
export async function writePolicyTemplates(folder: string): Promise<string[]> {
  const files = [
    [`${brand.slug}.admx`, toAdmx()],
    [join('en-US', `${brand.slug}.adml`), toAdml()],
  ] as const
  for (const [name, text] of files) await write(join(folder, name), text)
  return files.map(([name]) => join(folder, name))
}

/** Each name as it is spelled here, and each value as it is understood; what is not is undefined. */
function toUnderstood({ mandatory, recommended }: Tables, asText: boolean): Tables {
  const understand = (table: Table): Table =>
    Object.fromEntries(
      policyKeys.flatMap((key) => {
        const parsed = parseKey(key, table, asText)
        return parsed.state === 'absent' ? [] : [[key, parsed.state === 'ok' ? parsed.value : undefined]]
      }),
    )
  return { mandatory: understand(mandatory), recommended: understand(recommended) }
}

/** Read back as the app will: XML knows texts that it cannot carry. */
async function toCheckedProfile(tables: Tables): Promise<string> {
  const { parse } = await import('plist')
  const unsayable = (cause?: unknown) =>
    new Problem('policy.key-invalid', 'a text in it cannot stand in XML', { cause })
  const text = await toProfile(tables).catch((error: unknown) => {
    throw unsayable(error)
  })
  const read = findSettings(parse(text))
  if (!read || !isDeepStrictEqual(toUnderstood(parseFlat(read), true), tables)) throw unsayable()
  return text
}

type Profile = { PayloadContent?: { PayloadContent?: Record<string, { Forced?: Table[] }> }[] }
const findSettings = (profile: unknown) =>
  (profile as Profile).PayloadContent?.[0]?.PayloadContent?.[brand.appId]?.Forced?.[0]?.mcx_preference_settings as
    | Table
    | undefined

async function isSameFile(one: string, other: string): Promise<boolean> {
  const [first, second] = await Promise.all([one, other].map((path) => stat(path).catch(() => null)))
  return first != null && second != null && first.dev === second.dev && first.ino === second.ino
}

async function write(path: string, content: string | Buffer) {
  try {
    await mkdir(join(path, '..'), { recursive: true })
    await writeAtomic(path, content, { mode: 0o644 })
  } catch (error) {
    throw new Problem('policy.not-written', `${path}: ${(error as Error).message}`, { cause: error })
  }
}
