import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'

type Needs = { root: string; env: Record<string, string | undefined>; platform: NodeJS.Platform; fallback: string }

/**
 * The Node that runs a script of a checkout, by its full path: the pinned one that `npm install` brings, else the one
 * npm runs on, else the first on the PATH. Electron's own executable is none.
 */
export function findNode({ root, env, platform, fallback }: Needs): string {
  const name = platform === 'win32' ? 'node.exe' : 'node'
  const onPath = (env.PATH ?? '').split(delimiter).filter(Boolean)
  const pinned = join(root, 'node_modules/.bin', name)
  const places = [pinned, env.npm_node_execpath, ...onPath.map((folder) => join(folder, name))]
  return places.find((path) => path !== undefined && existsSync(path)) ?? fallback
}
