import { mkdir, realpath } from 'node:fs/promises'
import { dirname, join, relative, sep } from 'node:path'
import { createTwoFilesPatch } from 'diff'
import { Problem } from '../../../shared/problems.ts'
import type { TeamServer } from '../../../shared/team-file.ts'
import { teamClients, teamSystems } from '../../../shared/team-file.ts'
import { type ConfigFile, readConfig, writeConfig } from '../config-file.ts'
import type { Field } from '../edit/change.ts'
import { entriesIn, lockText, readLock, writeLock } from './lock.ts'
import { planTarget } from './plan-target.ts'
import { kindOf, render, type Target, targets, Unsayable } from './targets.ts'
import { findRoot, readSource, type Source } from './team-source.ts'
import { VariableError } from './variables.ts'

export type SyncOptions = { folder: string; check: boolean; environment?: string | undefined; overwrite: boolean }
type FileResult = { path: string; state: 'written' | 'unchanged' | 'differs'; diff: string; conflicts: string[] }
export type SyncResult = { root: string; clean: boolean; files: FileResult[]; notes: string[] }

/**
 * Writes the project files of every client from the team file, or tells how they differ. Everything is worked out before
 * anything is written; a second run changes nothing. It never looks at the environment of the machine it runs on:
 * the same team file gives the same project files for everyone, and no secret can get into one.
 */
export async function syncTeam({ folder, check, environment, overwrite }: SyncOptions): Promise<SyncResult> {
  const root = await findRoot(folder)
  if (root === null) throw new Problem('team.not-found', folder)
  const source = await readSource(root, environment)
  const { lock, path: lockPath, text: lockBefore } = await readLock(root)
  const notes: string[] = []
  const works = []
  for (const target of targets) {
    const wanted = choose(source, target, notes)
    const previous = entriesIn(lock, target.path)
    const file = await openInside(root, target.path)
    if (file.bytes === null && (target.onlyIfThere || (wanted.size === 0 && Object.keys(previous).length === 0)))
      continue
    works.push({ target, file, plan: planTarget(target, target.path, file.bytes, { wanted, previous, overwrite }) })
  }
  const files = works.map(({ target, file, plan }) => {
    const before = file.bytes === null ? null : Buffer.from(file.bytes).toString('utf8')
    const differs = plan.text !== null && plan.text !== before
    const state = differs ? ('differs' as const) : ('unchanged' as const)
    return {
      path: target.path,
      state,
      diff: differs ? toDiff(target.path, before, plan.text ?? '') : '',
      conflicts: plan.conflicts,
    }
  })
  const lockAfter = lockText(Object.fromEntries(works.map(({ target, plan }) => [target.path, plan.entries])))
  const clean =
    files.every(({ state, conflicts }) => state === 'unchanged' && conflicts.length === 0) && lockAfter === lockBefore
  if (check) return { root, clean, files, notes }
  for (const [index, { file, plan }] of works.entries())
    if (files[index]?.state === 'differs') await write(file, plan.text ?? '')
  if (lockAfter !== lockBefore) await writeLock(lockPath, lockAfter)
  const written = files.map((one) => ({ ...one, state: one.state === 'differs' ? ('written' as const) : one.state }))
  return { root, clean: files.every(({ conflicts }) => conflicts.length === 0), files: written, notes }
}

/** The servers that belong into one project file, in the words of its client. */
function choose({ path, servers, variables }: Source, target: Target, notes: string[]) {
  const wanted = new Map<string, Field[]>()
  for (const [name, server] of servers) {
    const left = whyLeftOut(name, server, target)
    if (left) notes.push(left)
    else if (left === null) wanted.set(name, renderNamed(path, target, name, server, variables))
  }
  return wanted
}

/** A sentence where a server is left out for a reason worth knowing, `undefined` where the team says so itself. */
function whyLeftOut(name: string, server: TeamServer, { client, path }: Target): string | null | undefined {
  const { platforms = [] } = server
  const clients = platforms.filter((one) => (teamClients as readonly string[]).includes(one))
  if (clients.length > 0 && !(clients as string[]).includes(client)) return undefined
  const systems = platforms.filter((one) => (teamSystems as readonly string[]).includes(one))
  if (systems.length > 0)
    return `${path}: ${name} is for ${systems.join(', ')} only and left out: this file is the same on every system`
  if (client === 'codex' && kindOf(server) === 'sse') return `${path}: ${name} is left out: Codex speaks no SSE`
  return null
}

function renderNamed(file: string, target: Target, name: string, server: TeamServer, known: Source['variables']) {
  try {
    return render(target, server, known)
  } catch (error) {
    if (error instanceof VariableError)
      throw new Problem('team.invalid', `${file}: ${name}: “${error.text}” is neither \${NAME} nor \${NAME:-default}`)
    if (!(error instanceof Unsayable)) throw error
    const help = `give it a default, a value under “variables”, or leave ${target.client} out with “platforms”`
    throw new Problem('team.variable', `\${${error.variable}} of ${name} in ${target.path}: ${help}`)
  }
}

/** A link in a project must not lead a write to somebody's own files. */
async function openInside(root: string, path: string): Promise<ConfigFile> {
  const file = await readConfig(join(root, ...path.split('/')))
  const within = relative(await realpath(root), await realTarget(file.target))
  if (within === '..' || within.startsWith(`..${sep}`)) throw new Problem('team.outside', `${path} → ${file.target}`)
  return file
}

/** The real place of a file that may not be there yet: that of the nearest folder that is. */
async function realTarget(path: string): Promise<string> {
  try {
    return await realpath(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    return join(await realTarget(dirname(path)), relative(dirname(path), path))
  }
}

const toDiff = (path: string, before: string | null, after: string) =>
  createTwoFilesPatch(before === null ? '/dev/null' : path, path, before ?? '', after, undefined, undefined, {
    context: 3,
  })

/** Files of a project are for everyone who works on it, so they get the usual modes, not private ones. */
async function write(file: ConfigFile, text: string) {
  await mkdir(dirname(file.target), { recursive: true })
  await writeConfig({ ...file, mode: file.mode ?? 0o644 }, Buffer.from(text))
}
