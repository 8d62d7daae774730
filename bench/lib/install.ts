import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const folder = join(import.meta.dirname, '..')

/** The programs we compare with, from `bench/package-lock.json`, at the first run and whenever that has changed. */
export function install() {
  const wanted = readFileSync(join(folder, 'package-lock.json'), 'utf8')
  const marker = join(folder, 'node_modules/.package-lock.json')
  const has = existsSync(marker) ? (JSON.parse(readFileSync(marker, 'utf8')) as Lock).packages : {}
  const isThere = Object.entries((JSON.parse(wanted) as Lock).packages).every(
    ([path, { version, optional }]) => path === '' || optional || has[path]?.version === version,
  )
  if (isThere) return
  console.log('Installing the programs to compare with (once) …')
  execFileSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: folder, stdio: 'inherit' })
}
type Lock = { packages: Record<string, { version?: string; optional?: boolean }> }
