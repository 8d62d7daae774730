import { brand } from '../../shared/brand.ts'
import type { ClientApp, Host, PolicyVerdict, Preview } from '../../shared/contract/clients.ts'
import { ClientId } from '../../shared/ids.ts'
import { Problem } from '../../shared/problems.ts'

export const hosts: Record<Exclude<Host, 'desktop'>, string> = {
  ssh: 'You work on this machine over SSH.',
  wsl: 'This is a Linux inside Windows (WSL).',
  container: 'This is a container.',
  'dev-container': 'This is a dev container.',
  codespace: 'This is a codespace.',
}

/** Why nothing is written yet, and what writes it: where no app of ours runs, nobody would see the other one quit. */
export function describeWaiting({ name, waiting }: ClientApp, running: boolean) {
  const what =
    waiting?.kind === 'apply' ? `Nothing is written yet for ${name}` : `Nothing is changed yet in the file of ${name}`
  const who = running
    ? `It is made as soon as ${name} has quit.`
    : `Run this again when it has quit, or start the app (or: ${brand.slug} agent), which sees it quit.`
  return `${what}: it runs, and would undo the change. ${who} --now makes it at once.`
}

export function describeApply(app: ClientApp, { entries, policy }: Preview, running: boolean) {
  const count = (results: string[]) => entries.filter(({ result }) => results.includes(result)).length
  const [written, stand] = [count(['add', 'update', 'remove']), count(['unchanged'])]
  const first = app.waiting
    ? describeWaiting(app, running)
    : entries.length === 0
      ? `No server is assigned to you, so nothing was written for ${app.name}. Ask your IT department.`
      : written > 0
        ? `${app.name} is set up (${app.configPath}).`
        : stand > 0
          ? `${app.name} was set up already.`
          : `Nothing was written for ${app.name}.`
  // Of a list that lies with the vendor nothing is known; the preview says what would belong on it.
  const known = policy && policy.verdict !== 'unknown' ? [toPolicyLines(policy)] : []
  return [first, ...notesOf(entries), ...known].join('\n')
}

export const notesOf = (entries: { server: string; result: string }[]) =>
  entries.flatMap(({ server, result }) => {
    if (result === 'conflict')
      return [`${server}: the name is taken by an entry that is not ours; it stays as it is. --overwrite replaces it.`]
    return result === 'drift'
      ? [`${server}: somebody edited our entry; it stays as it is. --overwrite replaces it.`]
      : []
  })

/** What a client's own policy does with our entries, and what IT must add, ready to be copied. */
export function toPolicyLines({ reason, source, rule }: PolicyVerdict) {
  const add = rule ? [`IT must add to ${rule.where}:`, rule.text] : []
  return [`${reason} (${source})`, ...add].join('\n')
}

/** An app by its id, or by its name as people write it: `Claude Code`. */
export function toClient(id: string) {
  const client = ClientId.safeParse(id.trim().toLowerCase().replaceAll(' ', '-'))
  if (!client.success) throw new Problem('clients.unknown', id)
  return client.data
}
