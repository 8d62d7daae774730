import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { type Node, parseTree } from 'jsonc-parser'
import { Problem } from '../../../shared/problems.ts'
import { mergeServer, TeamFile, type TeamServer } from '../../../shared/team-file.ts'
import { Refusal, toReason } from '../edit/change.ts'
import { readJson } from '../edit/json.ts'
import { decode, lineOf } from '../edit/text.ts'
import { findLeaks, type Leak } from './secrets.ts'

export const sourcePath = join('.agents', 'mcp', 'mcp-servers.json')

export type Source = {
  root: string
  path: string
  text: string
  servers: Map<string, TeamServer>
  variables: Record<string, string>
}

/**
 * The folder that has a team file: this one, or the nearest above inside the same repository. Never beyond it: a team
 * file in somebody's home would make a run in one of their projects write their own clients' files.
 */
export async function findRoot(folder: string): Promise<string | null> {
  const folders = listAbove(resolve(folder))
  const repository = folders.findIndex((at) => existsSync(join(at, '.git')))
  const near = folders.slice(0, Math.max(repository, 0) + 1)
  return near.find((at) => existsSync(join(at, sourcePath))) ?? null
}

const listAbove = (folder: string): string[] =>
  dirname(folder) === folder ? [folder] : [folder, ...listAbove(dirname(folder))]

/** Reads the team file, or says what is wrong with it: the line, the key, and of a secret never the value. */
export async function readSource(root: string, environment: string | undefined): Promise<Source> {
  const path = join(root, sourcePath)
  const text = decodeText(
    path,
    await readFile(path).catch((error) => Promise.reject(new Problem('team.unreadable', path, { cause: error }))),
  )
  const value = readText(path, text)
  refuseLeaks(path, findLeaks(text))
  const parsed = TeamFile.safeParse(value)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    const keys = (issue?.path ?? []).map(String)
    throw new Problem(
      'team.invalid',
      `${path}${lineText(text, keys)}: ${keys.join('.') || 'the file'}: ${issue?.message}`,
    )
  }
  return { root, path, text, ...overlay(path, parsed.data, environment) }
}

function overlay(path: string, file: TeamFile, environment: string | undefined) {
  const { environments = {}, servers, variables = {} } = file
  const chosen = environment === undefined ? {} : Object.hasOwn(environments, environment) && environments[environment]
  if (!chosen) {
    const known = Object.keys(environments).join(', ') || 'none'
    throw new Problem('team.no-environment', `${environment} in ${path}; there is: ${known}`)
  }
  for (const name of Object.keys(chosen.servers ?? {}))
    if (!Object.hasOwn(servers, name))
      throw new Problem('team.invalid', `${path}: environments.${environment}.servers.${name}: no such server`)
  const merged = Object.entries(servers).map(([name, server]) => {
    const result = mergeServer(server, chosen.servers?.[name])
    if (result.success) return [name, result.data] as const
    throw new Problem('team.invalid', `${path}: ${name} in ${environment}: ${result.error.issues[0]?.message}`)
  })
  return { servers: new Map(merged), variables: { ...variables, ...chosen.variables } }
}

export function refuseLeaks(path: string, leaks: Leak[]) {
  if (leaks.length === 0) return
  const found = leaks.map(({ line, key, kind }) => `line ${line}, ${key}: ${kind}`)
  throw new Problem('team.secret', `${path}: ${found.join('; ')}`)
}

function decodeText(path: string, bytes: Uint8Array) {
  try {
    return decode(bytes).text
  } catch (error) {
    throw toProblem(path, error)
  }
}

function readText(path: string, text: string): unknown {
  try {
    return readJson(text, { comments: true, trailingCommas: true })
  } catch (error) {
    throw toProblem(path, error)
  }
}

function toProblem(path: string, error: unknown) {
  if (!(error instanceof Refusal)) return error
  const line = error.line === null ? '' : `, line ${error.line}`
  return new Problem('team.unreadable', `${path}${line}: ${toReason(error)}`, { cause: error })
}

/** Where a person would look: the deepest key on the way that is there. */
function lineText(text: string, keys: string[]) {
  let node: Node | undefined = parseTree(text)
  let offset: number | null = null
  for (const key of keys) {
    const property: Node | undefined = node?.children?.find((child) => child.children?.[0]?.value === key)
    if (!property) break
    offset = property.offset
    node = property.children?.[1]
  }
  return offset === null ? '' : `, line ${lineOf(text, offset)}`
}
